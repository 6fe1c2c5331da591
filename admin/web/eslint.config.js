import hooks from "eslint-plugin-react-hooks";
import { globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const no = (group, message) => ({ "no-restricted-imports": ["error", { patterns: [{ group, message }] }] });

export default tseslint.config(
  globalIgnores(["dist", "src/api/generated", "node_modules"]),
  ...tseslint.configs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      "no-console": "error",
      "max-lines": ["error", { max: 400 }],
      eqeqeq: "error",
      "@typescript-eslint/no-invalid-void-type": "off",
      ...no(["lodash*", "moment*", "recharts", "@mantine/charts"], "Not in the bundle's budget."),
    },
  },
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    ignores: ["src/ui/**", "src/theme/**", "src/main.tsx"],
    rules: no(["@mantine/*"], "Mantine stands behind ui/."),
  },
  { files: ["scripts/**", "test/**"], rules: { "no-console": "off" } },
  {
    files: ["src/ui/**", "src/lib/**", "src/i18n/**"],
    rules: no(["**/api/*", "**/routes", "**/pages/*", "@tanstack/react-query", "@tanstack/react-router"], "ui/ knows neither the API nor the routes."),
  },
);
