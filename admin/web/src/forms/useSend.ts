/** Sending a form or an act: busy while it is under way, what went wrong in words, and the lists read anew after. */
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Explained, explain, hasCode } from "../api/errors";
import { useI18n } from "../i18n";
import { useToast } from "../ui/Toasts";
import { type AtOnce, change } from "./atOnce";
import { isOver, keepRefused } from "./refused";

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
    onError: (error, input) => {
      if (isOver(error)) keepRefused(() => { mutation.mutate(input); });
    },
  });
  // That nobody is signed in is said by the dialog over the page.
  const isOwn = mutation.error !== null && !isOver(mutation.error);
  return {
    send: mutation.mutate,
    busy: mutation.isPending,
    failure: isOwn ? explain(mutation.error, t, f) : null,
    conflict: hasCode(mutation.error, "changed_meanwhile"),
    reset: mutation.reset,
  };
}

interface ActOptions<In, Out> extends Options<In, Out> {
  /** What is shown at once, before the server has answered; gone back on where it refuses. */
  atOnce?: AtOnce<In>;
}

/** For single acts: what went wrong is said in passing. */
export function useAct<In = void, Out = unknown>({ send, touches = [], onDone, atOnce }: ActOptions<In, Out>) {
  const { t, f } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: send,
    gcTime: 0,
    onMutate: (input) => (atOnce ? change(client, atOnce, input) : undefined),
    onSuccess: (out, input) => onDone?.(out, input),
    onError: (error, input, goBack) => {
      goBack?.();
      if (isOver(error)) {
        keepRefused(() => { mutation.mutate(input); });
        return;
      }
      const { text, detail } = explain(error, t, f);
      say(detail === null ? text : `${text} ${detail}`);
    },
    onSettled: () => {
      for (const queryKey of touches) void client.invalidateQueries({ queryKey });
    },
  });
  return { act: mutation.mutate, busy: mutation.isPending };
}
