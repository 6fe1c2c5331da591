/** What to paste into which program. `$POTLUCK_KEY` stands for the key, unless it is being shown anyway. */

export interface Snippet {
  id: string;
  name: string;
  text: (base: string, key: string) => string;
}

export const PLACEHOLDER = "$POTLUCK_KEY";

export const SNIPPETS: readonly Snippet[] = [
  {
    id: "curl",
    name: "curl",
    text: (base, key) =>
      `curl ${base}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    id: "openai-python",
    name: "OpenAI Python",
    text: (base, key) => `from openai import OpenAI\n\nclient = OpenAI(base_url="${base}/v1", api_key="${key}")`,
  },
  {
    id: "openai-js",
    name: "OpenAI JS",
    text: (base, key) =>
      `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${base}/v1", apiKey: "${key}" });`,
  },
  {
    id: "novelai-sdk",
    name: "novelai-sdk",
    text: (base, key) =>
      `export NOVELAI_API_KEY="${key}"\nexport NOVELAI_IMAGE_BASE="${base}/v1/novelai"\nexport NOVELAI_TEXT_BASE="${base}/v1/novelai"`,
  },
  {
    id: "sillytavern",
    name: "SillyTavern",
    text: (base, key) =>
      `API: Chat Completion\nSource: Custom (OpenAI-compatible)\nCustom Endpoint (Base URL): ${base}/v1\nCustom API Key: ${key}`,
  },
  {
    id: "other",
    name: "…",
    text: (base, key) => `OpenAI base URL   ${base}/v1\nNovelAI base URL  ${base}/v1/novelai\nAPI key           ${key}`,
  },
];
