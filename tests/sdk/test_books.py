"""PyPI `openai`, unmodified: what a stream said it used, and its line in the relay's books."""

import os
import sqlite3
import time
import unittest
from contextlib import closing
from pathlib import Path

import openai

import world

DATA = os.environ.get("POTLUCK_DATA")
MESSAGES = [{"role": "user", "content": "Say a few words about soup, and then some more about bread."}]
# Seconds until a line is in the books, on a busy machine.
PATIENCE = 30
ESTIMATED, REPORTED = 1, 2


@unittest.skipUnless(DATA, "the books are not at hand")
class Books(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(base_url=world.OPENAI, api_key=world.KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def stream(self, **options):
        return self.client.chat.completions.with_raw_response.create(
            model="gpt-5-mini", messages=MESSAGES, stream=True, **options
        )

    def line(self, answer):
        """The one line of a request: its figures, and where prompt and completion are from."""
        number = bytes.fromhex(answer.headers["x-request-id"])
        high, low = (int.from_bytes(part, "big", signed=True) for part in (number[:2], number[2:]))
        question = "select prompt, completion, told, status from usage_events where request_high = ? and request_low = ?"
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with closing(sqlite3.connect(f"file:{Path(DATA, 'usage.db')}?mode=ro", uri=True)) as books:
                rows = books.execute(question, (high & 0xFFFF, low)).fetchall()
            if rows:
                self.assertEqual(len(rows), 1)
                prompt, completion, told, status = rows[0]
                return prompt, completion, (told & 3, told >> 4 & 3), status
            time.sleep(0.05)
        self.fail("there is no line of it")

    def test_a_stream_and_its_line_agree(self):
        answer = self.stream(stream_options={"include_usage": True})
        usage = [chunk.usage for chunk in answer.parse() if chunk.usage][-1]
        expected = (usage.prompt_tokens, usage.completion_tokens, (REPORTED, REPORTED), 200)
        self.assertEqual(self.line(answer), expected)

    def test_a_whole_answer_and_its_line_agree(self):
        answer = self.client.chat.completions.with_raw_response.create(model="gpt-5-mini", messages=MESSAGES)
        usage = answer.parse().usage
        expected = (usage.prompt_tokens, usage.completion_tokens, (REPORTED, REPORTED), 200)
        self.assertEqual(self.line(answer), expected)

    def test_who_leaves_has_a_line_that_says_it_is_reckoned(self):
        answer = self.stream()
        stream = answer.parse()
        read = [next(iter(stream)) for _ in range(3)]
        stream.close()
        _, completion, told, status = self.line(answer)
        self.assertEqual((told, status), ((ESTIMATED, ESTIMATED), 200))
        self.assertGreaterEqual(completion, len(read))


if __name__ == "__main__":
    unittest.main()
