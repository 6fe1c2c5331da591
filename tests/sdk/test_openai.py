"""PyPI `openai`, unmodified, through the relay."""

import base64
import unittest

import openai

import world

CHAT_MODEL = "gpt-5-mini"
MESSAGES = [{"role": "user", "content": "Say hello."}]


class OpenAiClient(unittest.TestCase):
    def setUp(self):
        # No retries of its own, so that what is seen is what the relay answered.
        self.client = openai.OpenAI(base_url=world.OPENAI, api_key=world.KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def test_a_chat_completion_has_text_and_usage(self):
        answer = self.client.chat.completions.create(model=CHAT_MODEL, messages=MESSAGES)
        self.assertTrue(answer.choices[0].message.content)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertGreater(answer.usage.total_tokens, 0)

    def test_a_chat_stream_brings_text_in_pieces_and_ends_with_usage(self):
        stream = self.client.chat.completions.create(
            model=CHAT_MODEL,
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
        )
        pieces, usage = [], None
        for chunk in stream:
            pieces += [c.delta.content for c in chunk.choices if c.delta.content]
            usage = chunk.usage or usage
        self.assertGreater(len(pieces), 1)
        self.assertGreater(usage.completion_tokens, 0)

    def test_a_legacy_completion_has_text(self):
        answer = self.client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once")
        self.assertTrue(answer.choices[0].text)

    def test_embeddings_come_as_numbers_one_list_per_input(self):
        answer = self.client.embeddings.create(model="text-embedding-3-small", input=["one", "two"])
        self.assertEqual([item.index for item in answer.data], [0, 1])
        self.assertTrue(all(isinstance(x, float) for x in answer.data[0].embedding))

    def test_an_image_comes_as_base64_of_a_png(self):
        answer = self.client.images.generate(model="gpt-image-1", prompt="a bowl of soup", n=1)
        self.assertTrue(base64.b64decode(answer.data[0].b64_json).startswith(b"\x89PNG"))

    def test_speech_comes_as_bytes(self):
        with self.client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="hello"
        ) as answer:
            self.assertGreater(len(answer.read()), 0)

    def test_models_are_listed_and_one_with_a_slash_in_its_name_is_found(self):
        names = [model.id for model in self.client.models.list()]
        self.assertIn(CHAT_MODEL, names)
        vendor = next((name for name in names if "/" in name), None)
        self.assertIsNotNone(vendor, names)
        self.assertEqual(self.client.models.retrieve(vendor).id, vendor)

    def test_every_answer_has_a_request_id(self):
        answer = self.client.chat.completions.with_raw_response.create(model=CHAT_MODEL, messages=MESSAGES)
        self.assertTrue(answer.headers["x-request-id"])

    def test_a_strangers_key_is_an_authentication_error_with_a_code(self):
        stranger = openai.OpenAI(base_url=world.OPENAI, api_key=world.STRANGER, max_retries=0)
        self.addCleanup(stranger.close)
        with self.assertRaises(openai.AuthenticationError) as refused:
            stranger.chat.completions.create(model=CHAT_MODEL, messages=MESSAGES)
        self.assertTrue(refused.exception.code)
        self.assertTrue(refused.exception.request_id)

    def test_account_paths_are_not_reachable(self):
        with self.assertRaises(openai.APIStatusError) as refused:
            self.client.get("/credits", cast_to=object)
        self.assertIn(refused.exception.status_code, (403, 404))


class AsyncOpenAiClient(unittest.IsolatedAsyncioTestCase):
    async def test_a_chat_stream_works_asynchronously(self):
        async with openai.AsyncOpenAI(base_url=world.OPENAI, api_key=world.KEY, max_retries=0) as client:
            stream = await client.chat.completions.create(model=CHAT_MODEL, messages=MESSAGES, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
        self.assertTrue(text)
