/** Calls of the API: typed by its description, with the session kept up, and with errors thrown as {@link ApiError}. */
import createClient from "openapi-fetch";
import { fresh } from "../lib/random";
import { ApiError, OfflineError } from "./errors";
import type { paths } from "./generated/schema";
import { csrfToken, refresh, tellExpired } from "./session";

const SAFE = new Set(["GET", "HEAD"]);
/** Those that say who somebody is: their 401 is an answer, not the end of a session. */
const ENTRY = /\/manage\/v1\/(session|register|password-reset)(\/|$)/;

async function send(request: Request): Promise<Response> {
  const signed = new Request(request);
  const token = csrfToken();
  if (token !== null && !SAFE.has(request.method)) signed.headers.set("x-csrf-token", token);
  try {
    return await fetch(signed);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new OfflineError();
  }
}

async function sendSignedIn(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await send(request);
  const isEntry = ENTRY.test(new URL(request.url).pathname) && request.method !== "GET";
  if (answer.status !== 401 || isEntry) return answer;
  const body = (await answer.clone().json().catch(() => null)) as { code?: string } | null;
  // A wrong password in a form is no end of a session.
  if (body?.code === "wrong_password" || body?.code === "wrong_code" || body?.code === "totp_required") return answer;
  if (await refresh()) return send(again);
  if (!ENTRY.test(new URL(request.url).pathname)) tellExpired(true);
  return answer;
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: sendSignedIn });

async function thrown(response: Response, body: unknown): Promise<never> {
  const problem = (body ?? {}) as { code?: string; detail?: string };
  const wait = Number(response.headers.get("retry-after"));
  throw new ApiError(
    response.status,
    typeof problem.code === "string" ? problem.code : null,
    typeof problem.detail === "string" ? problem.detail : null,
    wait > 0 ? wait : null,
    response.headers.get("x-request-id"),
  );
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered; throws what was refused. */
export async function ok<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) return thrown(response, error);
  return data as T;
}

/** For what must not be made twice, however often it is sent. */
export function once(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": fresh() };
}

/** For an edit of what was read at this revision; without one it is written over. */
export function ifMatch(revision: number | null): { "If-Match"?: string } {
  return revision === null ? {} : { "If-Match": `"r${revision}"` };
}

/** A call that the relay itself proposed, such as what helps against a finding. It stays within this relay's API. */
export async function propose(method: string, path: string, body: unknown): Promise<void> {
  if (!path.startsWith("/manage/v1/")) throw new Error("not a call of this API");
  const answer = await sendSignedIn(
    new Request(new URL(path, location.origin), {
      method,
      headers: { "content-type": "application/json" },
      body: body === null || body === undefined ? undefined : JSON.stringify(body),
    }),
  );
  if (!answer.ok) await thrown(answer, await answer.json().catch(() => null));
}
