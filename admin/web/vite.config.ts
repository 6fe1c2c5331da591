import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds a relay.
const relay = process.env.POTLUCK ?? "http://127.0.0.1:5002";

export default defineConfig({
  base: "/manage/ui/",
  plugins: [react()],
  // The relay writes another one into each answer; see theme and ui/Provider.tsx.
  html: { cspNonce: "__NONCE__" },
  build: {
    target: "es2022",
    manifest: true,
    // An inlined file would be a `data:` URL, which the page's policy does not let in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/manage/v1": relay, "/v1": relay } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
