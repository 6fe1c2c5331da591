/** A button that opens a list of acts. */
import { Menu as MantineMenu } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

export interface Item {
  label: string;
  onClick: () => void;
  icon?: ReactNode;
  danger?: boolean;
  current?: boolean;
}

export function Menu({ target, items }: { target: ReactElement; items: (Item | null)[] }) {
  return (
    <MantineMenu position="bottom-end" withinPortal>
      <MantineMenu.Target>{target}</MantineMenu.Target>
      <MantineMenu.Dropdown>
        {items.map((item, index) =>
          item === null ? (
            <MantineMenu.Divider key={index} />
          ) : (
            <MantineMenu.Item
              key={item.label}
              leftSection={item.icon}
              rightSection={item.current ? <span aria-hidden="true">✓</span> : undefined}
              aria-current={item.current || undefined}
              color={item.danger ? "var(--p-bad)" : undefined}
              onClick={item.onClick}
            >
              {item.label}
            </MantineMenu.Item>
          ),
        )}
      </MantineMenu.Dropdown>
    </MantineMenu>
  );
}
