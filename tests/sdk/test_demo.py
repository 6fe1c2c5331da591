"""The lines that `potluck demo` prints for copying, run as a person would paste them."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PROGRAM = os.environ.get("POTLUCK")


@unittest.skipUnless(PROGRAM, "POTLUCK does not name the program")
class PastedLines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = subprocess.Popen(
            [PROGRAM, "demo", "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        cls.addClassCleanup(cls.stop)
        cls.text = ""
        for line in cls.demo.stdout:
            cls.text += line
            if "Ctrl-C" in line:
                break

    @classmethod
    def stop(cls):
        cls.demo.send_signal(signal.SIGTERM)
        cls.demo.communicate(timeout=30)

    def paste(self, start):
        """Runs the indented block that has a line beginning with `start`; returns its output."""
        blocks = re.split(r"\n\s*\n", self.text)
        block = next((b for b in blocks if re.search(rf"^  {re.escape(start)}", b, re.MULTILINE)), None)
        self.assertIsNotNone(block, f"the demo prints nothing that begins with {start}:\n{self.text}")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        ran = subprocess.run(
            ["bash", "-ec", block],
            check=False,
            cwd=folder.name,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout, Path(folder.name)

    def test_it_says_where_it_is_and_whose_key_to_use(self):
        self.assertRegex(self.text, r"http://127\.0\.0\.1:\d+")
        self.assertRegex(self.text, r"np-\S+")

    def test_the_curl_line_makes_an_image(self):
        _, folder = self.paste("curl")
        with zipfile.ZipFile(folder / "image.zip") as archive:
            self.assertTrue(archive.read("image_0.png").startswith(b"\x89PNG"))

    def test_the_openai_line_prints_an_answer(self):
        output, _ = self.paste("python3 -c 'import openai")
        self.assertTrue(output.strip())

    def test_the_novelai_lines_save_an_image(self):
        _, folder = self.paste("export NOVELAI_API_KEY")
        saved = list(folder.glob("*.png"))
        self.assertEqual(len(saved), 1)
        self.assertTrue(saved[0].read_bytes().startswith(b"\x89PNG"))
