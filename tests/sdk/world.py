"""Where the relay under test is, and whose key is used."""

import os

# The relay's origin, without a slash at its end, such as http://127.0.0.1:5002.
ROOT = os.environ["POTLUCK_BASE_URL"].rstrip("/").removesuffix("/v1")
KEY = os.environ["POTLUCK_CLIENT_KEY"]
# A second user's, where there is one.
OTHER_KEY = os.environ.get("POTLUCK_OTHER_CLIENT_KEY")

OPENAI = f"{ROOT}/v1"
NOVELAI = f"{ROOT}/v1/novelai"

# Never a real key: what a stranger would send.
STRANGER = "np-" + "0" * 43
