/** Where it begins: languages, theme, server state, routes, in this order from the outside in. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/errors";
import { session } from "./api/queries/mine";
import { I18nProvider } from "./i18n";
import { makeRouter } from "./routes";
import { UiProvider } from "./ui/Provider";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What was refused stays refused; what did not arrive may arrive.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500),
    },
    // What cannot be sent now is not sent by itself later.
    mutations: { networkMode: "always" },
  },
});
// Asked while the words are on their way; whoever needs it first waits for this answer.
void client.prefetchQuery(session);
const router = makeRouter(client);

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <I18nProvider>
        <UiProvider>
          <QueryClientProvider client={client}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </UiProvider>
      </I18nProvider>
    </StrictMode>,
  );
}
