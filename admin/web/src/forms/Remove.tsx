/** Taking something away for good: its name is typed, it is sent, said, and the dialog closes. */
import type { QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Confirm } from "../ui/Dialog";
import { FormError } from "../ui/states";
import { useToast } from "../ui/Toasts";
import { useSend } from "./useSend";

interface Props {
  /** What must be typed. */
  name: string;
  title: string;
  /** What is lost, and what stays. */
  text: string;
  action: string;
  /** Said when it is done. */
  done: string;
  send: () => Promise<unknown>;
  touches: QueryKey[];
  onClose: () => void;
  children?: ReactNode;
}

export function Remove({ name, title, text, action, done, send, touches, onClose, children }: Props) {
  const say = useToast();
  const sending = useSend({
    send,
    touches,
    onDone: () => {
      onClose();
      say(done);
    },
  });
  return (
    <Confirm title={title} text={text} name={name} action={action} busy={sending.busy} onConfirm={sending.send} onClose={onClose}>
      {children}
      <FormError failure={sending.failure} />
    </Confirm>
  );
}
