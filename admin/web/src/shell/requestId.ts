/** A request's id, alone or as the header that it comes in: twenty hexadecimal digits. */
export function requestIdIn(text: string): string | null {
  return /^\s*(?:x-request-id\s*:\s*)?["']?([0-9a-f]{20})["']?\s*$/i.exec(text)?.[1]?.toLowerCase() ?? null;
}
