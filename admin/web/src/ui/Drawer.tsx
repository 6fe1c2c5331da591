/** A panel over the page's end, the whole of a phone: focus goes in and comes back, Escape closes. */
import { Drawer as MantineDrawer } from "@mantine/core";
import "@mantine/core/styles/Drawer.css";
import type { ReactNode } from "react";
import { useI18n } from "../i18n";

interface Props {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

export function Drawer({ title, onClose, children }: Props) {
  const { t } = useI18n();
  return (
    <MantineDrawer
      opened
      onClose={onClose}
      position="right"
      size="min(44rem, 100%)"
      title={title}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": t.common.close }}
      styles={{ title: { fontWeight: 600, fontSize: 16 } }}
    >
      {children}
    </MantineDrawer>
  );
}
