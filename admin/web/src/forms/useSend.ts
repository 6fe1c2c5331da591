/** Sending a form or an act: busy while it is under way, what went wrong in words, and the lists read anew after. */
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Explained, explain, hasCode } from "../api/errors";
import { useI18n } from "../i18n";
import { useToast } from "../ui/Toasts";

interface Options<In, Out> {
  send: (input: In) => Promise<Out>;
  /** Which lists to read anew. */
  touches?: QueryKey[];
  onDone?: (out: Out, input: In) => void;
}

export interface Sending<In> {
  send: (input: In) => void;
  busy: boolean;
  failure: Explained | null;
  /** Somebody else changed it meanwhile. */
  conflict: boolean;
  reset: () => void;
}

/** For forms: what went wrong stays in the form. */
export function useSend<In = void, Out = unknown>({ send, touches = [], onDone }: Options<In, Out>): Sending<In> {
  const { t, f } = useI18n();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: send,
    gcTime: 0,
    onSuccess: (out, input) => {
      onDone?.(out, input);
      for (const queryKey of touches) void client.invalidateQueries({ queryKey });
    },
  });
  return {
    send: mutation.mutate,
    busy: mutation.isPending,
    failure: mutation.error === null ? null : explain(mutation.error, t, f),
    conflict: hasCode(mutation.error, "changed_meanwhile"),
    reset: mutation.reset,
  };
}

/** For single acts: what went wrong is said in passing. */
export function useAct<In = void, Out = unknown>({ send, touches = [], onDone }: Options<In, Out>) {
  const { t, f } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: send,
    gcTime: 0,
    onSuccess: onDone,
    onError: (error) => {
      const { text, detail } = explain(error, t, f);
      say(detail === null ? text : `${text} ${detail}`);
    },
    onSettled: () => {
      for (const queryKey of touches) void client.invalidateQueries({ queryKey });
    },
  });
  return { act: mutation.mutate, busy: mutation.isPending };
}
