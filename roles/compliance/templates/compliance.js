(function () {
  "use strict";
  var form = document.querySelector(".filter");
  var counter = form.querySelector("output");
  var chosen = { state: "", clause: "", severity: "" };

  function fits(element) {
    return (!chosen.state || element.dataset.state.split(" ").indexOf(chosen.state) >= 0) &&
      (!chosen.clause || element.dataset.clause === chosen.clause) &&
      (!chosen.severity || element.dataset.severity === chosen.severity);
  }

  function apply() {
    var shown = 0;
    document.querySelectorAll("[data-state]").forEach(function (one) {
      one.hidden = !fits(one);
      if (!one.hidden && one.matches(".control")) { shown += 1; }
    });
    // A heading over nothing would say that a section was left out.
    document.querySelectorAll(".group").forEach(function (group) {
      group.hidden = !group.querySelector("[data-state]:not([hidden])");
    });
    counter.textContent = counter.dataset.phrase.replace("{shown}", shown);
  }

  form.classList.add("on");
  form.addEventListener("change", function (event) {
    chosen[event.target.name] = event.target.value;
    apply();
  });
  // A link into the page must arrive, whatever the filter hides.
  window.addEventListener("hashchange", function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.closest("[hidden]")) {
      form.reset();
      chosen = { state: "", clause: "", severity: "" };
      apply();
      target.scrollIntoView();
    }
  });
  form.reset();
  apply();
}());
