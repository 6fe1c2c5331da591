/** The models that the relay serves. They are asked for with the page's key, so only once somebody begins. */
import { useQuery } from "@tanstack/react-query";
import { useWho } from "../../shell/useWho";
import { playgroundKey } from "./key";

/** Chat models first: what others are for stands in their names. */
const OTHER = /embedding|whisper|tts|image|dall-e|moderation|transcribe|audio|instruct/i;

export function useModels(wanted: boolean): string[] {
  const user = useWho().user ?? 0;
  const models = useQuery({
    queryKey: ["playground", "models"],
    queryFn: async ({ signal }) => {
      const key = await playgroundKey(user);
      const answer = await fetch("/v1/models", { headers: { authorization: `Bearer ${key}` }, signal, credentials: "omit" });
      if (!answer.ok) return [];
      const told = (await answer.json()) as { data?: { id?: unknown }[] };
      return (told.data ?? []).map((model) => model.id).filter((id) => typeof id === "string");
    },
    enabled: wanted,
    staleTime: 300_000,
    retry: false,
  });
  return (models.data ?? []).filter((id) => !OTHER.test(id));
}
