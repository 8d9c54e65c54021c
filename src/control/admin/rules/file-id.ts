/*
 * Ids of rules of the file: by the name, where it can stand in a path as it is; else by its letters as base64url.
 */
const PLAIN = /^[A-Za-z0-9._@-]{1,128}$/;

export function fileRuleId(kind: string, name: string): string {
  return `file.${kind}.${PLAIN.test(name) ? name : `~${Buffer.from(name).toString('base64url')}`}`;
}
