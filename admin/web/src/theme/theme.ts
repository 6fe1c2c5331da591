/** Mantine's theme, made of the tokens. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";
import { dark, light, type Palette, variables } from "./tokens";

const accent: MantineColorsTuple = [
  "#eef1ff",
  "#dbe1ff",
  "#bcc8ff",
  dark.accent,
  "#7d94f7",
  "#5f79e8",
  "#4560d6",
  light.accent,
  "#273d9f",
  "#1f317f",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { accent },
  defaultRadius: 6,
  fontFamily: "var(--p-font)",
  fontFamilyMonospace: "var(--p-mono)",
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.5", sm: "1.57", md: "1.57", lg: "1.5", xl: "1.5" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Fields are needed unless they say that they are not.
    InputWrapper: { defaultProps: { withAsterisk: false } },
    Modal: { defaultProps: { transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.5 } } },
    Tooltip: { defaultProps: { transitionProps: { duration: 0 }, events: { hover: true, focus: true, touch: true } } },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, shadow: "md" } },
  },
});

function scheme(palette: Palette): Record<string, string> {
  return {
    ...variables(palette),
    "--mantine-color-body": palette.bg,
    "--mantine-color-text": palette.text,
    "--mantine-color-dimmed": palette.muted,
    "--mantine-color-placeholder": palette.faint,
    "--mantine-color-error": palette.bad,
    "--mantine-color-anchor": palette.accent,
    "--mantine-color-default": palette.surface,
    "--mantine-color-default-border": palette.border,
    "--mantine-color-default-hover": palette.sunken,
    "--mantine-color-default-color": palette.text,
  };
}

export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: scheme(light),
  dark: scheme(dark),
});
