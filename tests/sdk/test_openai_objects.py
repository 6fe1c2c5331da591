"""PyPI `openai`, unmodified: two users keep files, batches, responses and jobs, each their own."""

import io
import json
import unittest

import openai

import world

MODEL = "gpt-5-mini"
LINE = {"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"model": MODEL, "input": "hello"}}


@unittest.skipUnless(world.OTHER_KEY, "there is no second user")
class TwoUsers(unittest.TestCase):
    def setUp(self):
        self.mine = self.client(world.KEY)
        self.theirs = self.client(world.OTHER_KEY)

    def client(self, key):
        client = openai.OpenAI(base_url=world.OPENAI, api_key=key, max_retries=0)
        self.addCleanup(client.close)
        return client

    def upload(self, purpose, text):
        return self.mine.files.create(file=("lines.jsonl", io.BytesIO(text.encode())), purpose=purpose)

    def not_found(self, call, *arguments, **named):
        with self.assertRaises(openai.NotFoundError) as refused:
            call(*arguments, **named)
        self.assertEqual(refused.exception.code, "object_not_found")

    def test_files_are_made_listed_read_and_deleted_by_their_owner_alone(self):
        files = [self.upload("user_data", f"content {n}") for n in range(4)]
        listed = [file.id for file in self.mine.files.list()]
        self.assertTrue({file.id for file in files} <= set(listed))
        # The SDK asks for page after page by itself.
        paged = [file.id for file in self.mine.files.list(limit=1)]
        self.assertEqual(paged, listed)
        for number, file in enumerate(files):
            self.assertEqual(self.mine.files.retrieve(file.id).filename, "lines.jsonl")
            self.assertEqual(self.mine.files.content(file.id).text, f"content {number}")
            self.not_found(self.theirs.files.retrieve, file.id)
            self.not_found(self.theirs.files.content, file.id)
            self.not_found(self.theirs.files.delete, file.id)
        self.assertFalse({file.id for file in files} & {file.id for file in self.theirs.files.list()})
        self.assertTrue(self.mine.files.delete(files[0].id).deleted)
        self.not_found(self.mine.files.retrieve, files[0].id)

    def test_a_batch_runs_over_its_owners_file_and_its_output_is_theirs(self):
        file = self.upload("batch", json.dumps(LINE))
        job = {"input_file_id": file.id, "endpoint": "/v1/responses", "completion_window": "24h"}
        self.not_found(self.theirs.batches.create, **job)
        batch = self.mine.batches.create(**job)
        done = self.mine.batches.retrieve(batch.id)
        self.assertEqual(done.status, "completed")
        self.assertTrue(self.mine.files.content(done.output_file_id).text)
        self.assertIn(batch.id, [one.id for one in self.mine.batches.list(limit=1)])
        self.not_found(self.theirs.batches.retrieve, batch.id)
        self.not_found(self.theirs.batches.cancel, batch.id)
        self.not_found(self.theirs.files.content, done.output_file_id)
        self.assertEqual([one.id for one in self.theirs.batches.list()], [])

    def test_responses_are_retrieved_and_continued_by_their_owner_alone(self):
        first = self.mine.responses.create(model=MODEL, input="hello")
        self.assertEqual(self.mine.responses.retrieve(first.id).output_text, first.output_text)
        second = self.mine.responses.create(model=MODEL, input="more", previous_response_id=first.id)
        self.not_found(self.theirs.responses.retrieve, second.id)
        self.not_found(self.theirs.responses.create, model=MODEL, input="x", previous_response_id=first.id)
        self.not_found(self.theirs.responses.delete, first.id)
        self.mine.responses.delete(first.id)
        self.not_found(self.mine.responses.retrieve, first.id)

    def test_a_streamed_response_is_stored_too(self):
        with self.mine.responses.create(model=MODEL, input="hello", stream=True) as stream:
            events = list(stream)
        made = events[0].response.id
        self.assertEqual(self.mine.responses.retrieve(made).id, made)
        self.not_found(self.theirs.responses.retrieve, made)

    def test_a_fine_tuning_job_is_its_owners(self):
        file = self.upload("fine-tune", "{}")
        job = self.mine.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        self.assertEqual(self.mine.fine_tuning.jobs.retrieve(job.id).status, "succeeded")
        self.assertIn(job.id, [one.id for one in self.mine.fine_tuning.jobs.list()])
        self.not_found(self.theirs.fine_tuning.jobs.retrieve, job.id)
        self.not_found(self.theirs.fine_tuning.jobs.create, model=MODEL, training_file=file.id)

    def test_a_conversation_is_its_owners(self):
        made = self.mine.conversations.create()
        self.assertEqual(self.mine.conversations.retrieve(made.id).id, made.id)
        self.not_found(self.theirs.conversations.retrieve, made.id)
        self.not_found(self.theirs.responses.create, model=MODEL, input="x", conversation=made.id)
        self.mine.conversations.delete(made.id)
        self.not_found(self.mine.conversations.retrieve, made.id)
