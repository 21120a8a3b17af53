# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The clock of a cut in every form that institutes have written it, and trees that contradict themselves."""

from __future__ import absolute_import, division, print_function, unicode_literals

import io
import unittest
import zipfile

from ansible_collections.iepc.prep.plugins.module_utils.cuts import clock

__metaclass__ = type

HEAD = "ACTAS_ESPERADAS|ACTAS_REGISTRADAS\n2136|2136\n\nCLAVE_CASILLA|CLAVE_ACTA|SHA|FECHA_HORA_ACOPIO\n"
ROW = "230085B0100|1|0973|2019/06/03 02:45\n"
JSON = '{"horaCorte": "%s", "fechaCorte": "%s", "cortePrueba": %s, "archivoCorte": "%s"}'


def zipped(name, data):
    """A zip with one member."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def said(path, data):
    """What one file says, as text: clocks and flags."""
    found = clock.carriers(path, lambda limit: data[:limit] if limit else data)
    return sorted(repr(one.clock) if one.clock else str(one.test) for one in found)


def judged(files):
    """The agreed clock of {path: bytes}."""
    found = []
    for path in sorted(files):
        data = files[path]
        found += clock.carriers(path, lambda limit, data=data: data[:limit] if limit else data)
    return clock.agreed(found)


class Forms(unittest.TestCase):
    def test_dates_as_institutes_write_them(self):
        for text, expected in (
            ("2019/06/03 05:47 (UTC-5)", "2019-06-03 05:47 (UTC-05:00)"),
            ("02/06/2019 20:00", "2019-06-02 20:00"),
            ("2/6/2024 20:05(UTC-6)", "2024-06-02 20:05 (UTC-06:00)"),
            ('"2/6/2024 9:05 (UTC-6)",,,', "2024-06-02 09:05 (UTC-06:00)"),
            ("2019-06-03 05:47:33", "2019-06-03 05:47"),
            ("01 de julio de 2018 20:01", "2018-07-01 20:01"),
            ("07 junio 2021 00:16 h UTC-5", "2021-06-07 00:16 (UTC-05:00)"),
        ):
            self.assertEqual(repr(clock.parse_clock(text)), expected, text)

    def test_what_is_no_clock(self):
        for text in ("", "2136|2136|0", "DIPUTACIONES LOCALES", "2019/13/03 05:47", "2019/06/03 25:47", "2019/06/03",
                     "230085B0100|2019/06/03 05:47|x"):  # fmt: skip
            self.assertIsNone(clock.parse_clock(text), text)

    def test_names_of_zips(self):
        self.assertEqual(clock.from_zip_name("bd/20190603_0547_PREP_DIP_QROO.zip").wall, "2019-06-03 05:47")
        self.assertEqual(clock.from_zip_name("20180701_2001_PREP.zip").wall, "2018-07-01 20:01")
        for name in ("20190603_0547.zip", "20191303_0547_PREP.zip", "x20190603_0547_PREP.zip", "20190603_0547_PREP.gz"):
            self.assertIsNone(clock.from_zip_name(name), name)

    def test_heads_of_csv_files_in_every_variant(self):
        for start in ("sep=|\n", "sep=,\r\n", ""):
            for title in ("DIPUTACIONES LOCALES\n", "AYUNTAMIENTOS DE MAPIMÍ\r\n", ""):
                for encoding in ("utf-8", "utf-8-sig", "latin-1"):
                    head = start + title + "05/06/2022 20:15 (UTC-5)\n" + HEAD + ROW
                    found = clock.from_csv(head.encode(encoding))
                    self.assertEqual(repr(found), "2022-06-05 20:15 (UTC-05:00)", (start, title, encoding))

    def test_a_csv_without_a_clock_in_its_head_has_none(self):
        # The hour of an acta is no cut's.
        self.assertIsNone(clock.from_csv((HEAD + "2019/06/03 02:45\n").encode("utf-8")))
        self.assertIsNone(clock.from_csv(b"ID_ESTADO,ID_DISTRITO_LOCAL\n23,1\n"))
        self.assertIsNone(clock.from_csv(b"\xff\xfe\x00\x00"))

    def test_a_head_that_ends_within_a_character(self):
        self.assertIsNotNone(clock.from_csv("2022/06/05 20:15\nMAPIMÍ".encode("utf-8")[:-1]))

    def test_json_says_hour_day_zip_and_test(self):
        data = (JSON % ("20:01", "01 de julio de 2018", "false", "20180701_2001_PREP.zip")).encode("utf-8")
        self.assertEqual(said("a.json", data), ["2018-07-01 20:01", "2018-07-01 20:01", "False"])
        self.assertEqual(said("b.json", b'{"partidos": []}'), [])

    def test_a_page_shows_it(self):
        page = "<p>Último corte</p><b>07 junio 2021</b><br>Tiempo del Centro <span>00:16&nbsp;h</span> UTC-5"
        self.assertEqual(said("index.html", page.encode("utf-8")), ["2021-06-07 00:16 (UTC-05:00)"])
        self.assertEqual(said("index.html", b"<p>Avance</p> 07 junio 2021, 00:16 h"), [])

    def test_a_csv_within_a_zip(self):
        data = zipped("QROO_DIP_LOC_2019.csv", ("sep=|\nX\n2019/06/03 05:47 (UTC-5)\n" + HEAD).encode("utf-8"))
        self.assertEqual(
            said("20190603_0547_PREP_DIP_QROO.zip", data), ["2019-06-03 05:47", "2019-06-03 05:47 (UTC-05:00)"]
        )


class Agreement(unittest.TestCase):
    def files(self, zip_name="20190603_0547_PREP.zip", csv="2019/06/03 05:47 (UTC-5)", hour="05:47", test="false"):
        return {
            zip_name: zipped("a.csv", (csv + "\n").encode("utf-8")),
            "datos/corte.json": (JSON % (hour, "03 de junio de 2019", test, zip_name)).encode("utf-8"),
            "datos/otro.csv": b"NOMBRE,PARTIDO\n",
        }

    def refused(self, files):
        with self.assertRaises(clock.Disagreement) as caught:
            judged(files)
        line = str(caught.exception)
        self.assertNotIn("\n", line)
        return line

    def test_all_agree(self):
        found, test = judged(self.files())
        self.assertEqual((repr(found), test), ("2019-06-03 05:47 (UTC-05:00)", False))
        self.assertIs(judged(self.files(test="true"))[1], True)

    def test_one_csv_of_the_cut_before(self):
        line = self.refused(self.files(csv="2019/06/03 05:32 (UTC-5)"))
        self.assertEqual(
            line,
            "20190603_0547_PREP.zip:a.csv (head of the CSV): expected 2019-06-03 05:47, as 20190603_0547_PREP.zip "
            "(name of the zip) says, found 2019-06-03 05:32",
        )

    def test_a_json_of_the_cut_before(self):
        line = self.refused(self.files(hour="05:32"))
        self.assertIn("datos/corte.json (fechaCorte, horaCorte): expected 2019-06-03 05:47", line)

    def test_without_a_zip_what_most_say_is_right(self):
        files = {
            "a.csv": b"2019/06/03 05:32\n", "b.csv": b"2019/06/03 05:47\n", "c.csv": b"2019/06/03 05:47\n",
        }  # fmt: skip
        self.assertIn("a.csv (head of the CSV): expected 2019-06-03 05:47", self.refused(files))

    def test_two_offsets_or_flags(self):
        files = dict(self.files(), **{"d.csv": b"2019/06/03 05:47 (UTC-6)\n"})
        self.assertIn("UTC-06:00", self.refused(files))
        files = dict(self.files(), **{"d.json": b'{"cortePrueba": true}'})
        self.assertIn("(cortePrueba): expected", self.refused(files))

    def test_nothing_says_the_hour(self):
        self.assertIn("found none", self.refused({"index.html": b"<p>PREP</p>"}))

    def test_what_is_broken_is_named(self):
        self.assertIn("whole zip", self.refused({"20190603_0547_PREP.zip": b"PK\x03\x04cut off"}))
        self.assertIn("horaCorte", self.refused({"a.json": b'{"horaCorte": "pronto", "fechaCorte": "hoy"}'}))


if __name__ == "__main__":
    unittest.main()
