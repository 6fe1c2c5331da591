//! What the demo prints.

#![expect(clippy::print_stdout, reason = "this is what the command is for")]

use serde_json::json;

use super::check::Checked;
use super::world::DemoRelay;

/// Addresses, the key, and lines to copy.
pub(super) fn welcome(demo: &DemoRelay, as_json: bool) {
    let (base, key) = (format!("http://{}", demo.address()), demo.client_key.expose());
    if as_json {
        let line = json!({
            "base_url": base, "client_key": key, "other_client_key": demo.other_client_key.expose(), "data": demo.folder(), "password": demo.password.expose(), "upstreams": demo.world.describe(),
        });
        println!("{line}");
        return;
    }
    println!(
        r#"Potluck's demo relays to fakes of NovelAI, an OpenAI-compatible API and two GPU nodes.

  base URL    {base}
  client key  {key}
  data        {folder} (removed at the end)
  pages       {base}, log in as demo (an admin) or guest with {password}

An image, with curl:

  curl -sS {base}/v1/novelai/ai/generate-image \
    -H 'Authorization: Bearer {key}' \
    -H 'Content-Type: application/json' -o image.zip \
    -d '{{"input":"a cat","model":"nai-diffusion-4-5-full","action":"generate","parameters":{{"width":832,"height":1216,"steps":28,"n_samples":1,"seed":1,"v4_prompt":{{"caption":{{"base_caption":"a cat","char_captions":[]}}}},"v4_negative_prompt":{{"caption":{{"base_caption":"","char_captions":[]}}}}}}}}'

A chat completion, with the OpenAI SDK for Python:

  python3 -c 'import openai; print(openai.OpenAI(base_url="{base}/v1", api_key="{key}").chat.completions.create(model="gpt-5-mini", messages=[{{"role": "user", "content": "hello"}}]).choices[0].message.content)'

A NovelAI client (novelai-sdk for Python):

  export NOVELAI_API_KEY={key}
  export NOVELAI_IMAGE_BASE={base}/v1/novelai NOVELAI_TEXT_BASE={base}/v1/novelai
  python3 -c 'from novelai import NovelAI; from novelai.types import GenerateImageParams as P; NovelAI().image.generate(P(prompt="soup", size=(512, 768)))[0].save("soup.png")'

Ctrl-C ends it."#,
        folder = demo.folder().display(),
        password = demo.password.expose()
    );
}

/// One line per check.
pub(super) fn table(results: &[Checked], as_json: bool) {
    if as_json {
        println!("{}", json!({ "checks": results }));
        return;
    }
    for result in results {
        match &result.problem {
            None => println!("ok      {:<28} {}", result.check, result.seen),
            Some(problem) => println!("FAILED  {:<28} {problem}", result.check),
        }
    }
}
