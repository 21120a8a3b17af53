(function () {
  "use strict";
  var filter = document.querySelector(".filter");
  filter.classList.add("on");
  filter.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) { return; }
    document.body.classList.toggle("only-open", button.dataset.show === "open");
    filter.querySelectorAll("button").forEach(function (one) {
      one.setAttribute("aria-pressed", String(one === button));
    });
  });
}());
