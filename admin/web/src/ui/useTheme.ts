/** Which of the themes is chosen, and which one counts. */
import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";

export const THEMES = ["light", "dark", "auto"] as const;

export function useTheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  return { theme: colorScheme, isDark, choose: setColorScheme };
}
