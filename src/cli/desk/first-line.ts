/** The first line of what is said about something, for a table. */
export function firstLine(text: string | undefined): string {
  return text?.trim().split(/\r?\n/, 1)[0]?.trim() ?? '';
}
