"""PyPI `novelai-sdk`, unmodified, through the relay."""

import base64
import io
import json
import unittest

import openai
from novelai import AsyncNovelAI, NovelAI
from novelai.exceptions import AuthenticationError, InvalidRequestError
from novelai.types import GenerateImageParams, GenerateImageStreamParams, SuggestTagsParams
from PIL import Image

import world

SMALL = {"prompt": "a bowl of soup", "size": (512, 768), "steps": 6}
STORY = {
    "input": "Once upon a time",
    "model": "llama-3-erato-v1",
    "parameters": {
        "use_string": True,
        "max_length": 20,
        "min_length": 1,
        "temperature": 1.0,
        "logit_bias_exp": [],
    },
}


def new_client(key=world.KEY, base=world.NOVELAI):
    return NovelAI(api_key=key, image_base=base, text_base=base)


class NovelAiClient(unittest.TestCase):
    def setUp(self):
        self.client = new_client()
        self.addCleanup(self.client.close)

    def test_an_image_comes_out_of_its_zip(self):
        images = self.client.image.generate(GenerateImageParams(**SMALL))
        self.assertEqual(len(images), 1)
        images[0].load()

    def test_the_bare_host_serves_the_native_paths_too(self):
        client = new_client(base=world.ROOT)
        self.addCleanup(client.close)
        self.assertEqual(len(client.image.generate(GenerateImageParams(**SMALL))), 1)

    def test_an_image_stream_shows_every_step_and_ends_with_the_image(self):
        chunks = list(self.client.image.generate_stream(GenerateImageStreamParams(**SMALL)))
        self.assertEqual([c.event_type for c in chunks], ["intermediate"] * (SMALL["steps"] - 1) + ["final"])
        Image.open(io.BytesIO(base64.b64decode(chunks[-1].image))).load()

    def test_a_v5_image_works(self):
        images = self.client.image.generate(GenerateImageParams(**SMALL, model="nai-diffusion-5-curated"))
        self.assertEqual(len(images), 1)

    def test_tags_are_suggested(self):
        tags = self.client.image.suggest_tags(SuggestTagsParams(prompt="blu"))
        self.assertTrue(tags[0].tag)

    def test_a_director_tool_returns_an_image(self):
        source = Image.new("RGB", (512, 768), "white")
        self.assertEqual(len(self.client.tools.line_art(source)), 1)

    def test_background_removal_returns_three_images(self):
        source = Image.new("RGB", (512, 768), "white")
        self.assertEqual(len(self.client.tools.remove_background(source)), 3)

    def test_the_account_answers_for_the_pool_as_a_whole(self):
        subscription = self.client.user.get_subscription()
        self.assertTrue(subscription.active)
        self.assertGreaterEqual(subscription.anlas, 0)

    def test_a_model_that_does_not_exist_is_the_upstreams_own_400(self):
        params = GenerateImageParams(**SMALL)
        request = params.to_api_request(self.client).model_copy(update={"model": "nai-diffusion-99"})
        with self.assertRaises(InvalidRequestError) as refused:
            self.client.api_client.image.generate(request)
        self.assertIn("doesn't exist", str(refused.exception))

    def test_a_strangers_key_is_an_authentication_error(self):
        stranger = new_client(key=world.STRANGER)
        self.addCleanup(stranger.close)
        with self.assertRaises(AuthenticationError):
            stranger.user.get_subscription()


class NovelAiText(unittest.TestCase):
    """The package has no text calls of its own yet: its session and text base are used as they are."""

    def setUp(self):
        client = new_client()
        self.addCleanup(client.close)
        self.http, self.base = client.api_client.client, client.api_client.text_base

    def test_text_is_generated(self):
        answer = self.http.post(f"{self.base}/ai/generate", json=STORY)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertTrue(answer.json()["output"])

    def test_a_text_stream_brings_tokens_and_a_final_one(self):
        with self.http.stream("POST", f"{self.base}/ai/generate-stream", json=STORY) as answer:
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer.headers["content-type"].split(";")[0], "text/event-stream")
            lines = [line for line in answer.iter_lines() if line.startswith("data:")]
        tokens = [json.loads(line.removeprefix("data:")) for line in lines]
        self.assertGreater(len(tokens), 1)
        self.assertEqual([token["final"] for token in tokens], [False] * (len(tokens) - 1) + [True])

    def test_the_openai_client_streams_from_the_openai_like_paths(self):
        client = openai.OpenAI(base_url=f"{world.NOVELAI}/oa/v1", api_key=world.KEY, max_retries=0)
        self.addCleanup(client.close)
        stream = client.chat.completions.create(
            model="glm-4-6", messages=[{"role": "user", "content": "Say hello."}], stream=True
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        self.assertTrue(text)


class OpenAiClientOnNovelAi(unittest.TestCase):
    """PyPI `openai` on the OpenAI-like paths of NovelAI, whose whole answers have no message of their own."""

    def setUp(self):
        self.client = openai.OpenAI(base_url=f"{world.NOVELAI}/oa/v1", api_key=world.KEY, max_retries=0)
        self.addCleanup(self.client.close)

    def test_a_whole_answer_has_its_text_usage_and_finish_reason(self):
        for model in ("xialong-v1", "glm-4-6"):
            answer = self.client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Say hello."}]
            )
            self.assertEqual(answer.object, "chat.completion")
            self.assertEqual(answer.model, model)
            self.assertTrue(answer.choices[0].message.content)
            self.assertEqual(answer.choices[0].message.role, "assistant")
            self.assertEqual(answer.choices[0].finish_reason, "stop")
            self.assertGreater(answer.usage.completion_tokens, 0)
            self.assertEqual(
                answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens
            )

    def test_a_legacy_completion_has_text(self):
        answer = self.client.completions.create(model="xialong-v1", prompt="Once", max_tokens=5)
        self.assertTrue(answer.choices[0].text)

    def test_an_error_is_the_sdks_own_with_a_message(self):
        with self.assertRaises(openai.APIStatusError) as refused:
            self.client.chat.completions.create(
                model="no-such-model", messages=[{"role": "user", "content": "Say hello."}]
            )
        self.assertIsInstance(refused.exception.body, dict)
        self.assertTrue(refused.exception.body["message"])

    def test_a_strangers_key_is_an_authentication_error_with_a_code(self):
        stranger = openai.OpenAI(base_url=f"{world.NOVELAI}/oa/v1", api_key=world.STRANGER, max_retries=0)
        self.addCleanup(stranger.close)
        with self.assertRaises(openai.AuthenticationError) as refused:
            stranger.chat.completions.create(model="glm-4-6", messages=[])
        self.assertEqual(refused.exception.code, "unknown_key")


class AsyncNovelAiClient(unittest.IsolatedAsyncioTestCase):
    async def test_an_image_stream_works_asynchronously(self):
        base = world.NOVELAI
        async with AsyncNovelAI(api_key=world.KEY, image_base=base, text_base=base) as client:
            stream = client.image.generate_stream(GenerateImageStreamParams(**SMALL))
            events = [chunk.event_type async for chunk in stream]
        self.assertEqual(events[-1], "final")
