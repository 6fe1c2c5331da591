/** What is asked of NovelAI for a picture, and what its stream tells. */
import type { StreamEvent } from "./events";

export const SIZES = { portrait: [832, 1216], landscape: [1216, 832], square: [1024, 1024], small: [512, 768] } as const;
export type Size = keyof typeof SIZES;

export const MODELS = ["nai-diffusion-4-5-full", "nai-diffusion-4-5-curated", "nai-diffusion-4-full", "nai-diffusion-3"] as const;

export interface Wish {
  prompt: string;
  undesired: string;
  model: string;
  size: Size;
  steps: number;
  seed: number;
}

/** Models from 4 on want the prompt in this form, too. */
const caption = (text: string) => ({ caption: { base_caption: text, char_captions: [] } });

export function bodyOf(wish: Wish) {
  const [width, height] = SIZES[wish.size];
  const newer = !wish.model.startsWith("nai-diffusion-3");
  return {
    input: wish.prompt,
    model: wish.model,
    action: "generate",
    parameters: {
      width,
      height,
      steps: wish.steps,
      n_samples: 1,
      seed: wish.seed,
      scale: 5,
      sampler: "k_euler_ancestral",
      stream: "sse",
      negative_prompt: wish.undesired,
      ...(newer ? { v4_prompt: caption(wish.prompt), v4_negative_prompt: caption(wish.undesired) } : {}),
    },
  };
}

export interface Shown {
  url: string;
  /** Of a preview; `null` of the picture itself. */
  step: number | null;
}

/** A preview is JPEG, the picture is PNG. */
export function shownOf(event: StreamEvent): Shown | null {
  if (event.name !== "intermediate" && event.name !== "final") return null;
  const told = JSON.parse(event.data) as { image?: string; step_ix?: number };
  if (!told.image) return null;
  const isPreview = event.name === "intermediate";
  return { url: `data:image/${isPreview ? "jpeg" : "png"};base64,${told.image}`, step: isPreview ? (told.step_ix ?? 0) + 1 : null };
}
