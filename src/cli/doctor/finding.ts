/*
 * What the doctor looks at, and what one thing it may find is.
 */
import type { Config } from '../../config/config.ts';

/** `serious`: somebody may do what nobody meant. `warning`: a second mistake makes it serious. `note`: be sure it is meant. */
export type Severity = 'serious' | 'warning' | 'note';

/** A file or folder, as the system describes it. */
export interface Guarded {
  readonly path: string;
  readonly what: 'configuration' | 'data folder' | 'private key' | 'secret';
  /** Permission bits. */
  readonly mode: number;
}

export interface Certificate {
  readonly path: string;
  readonly endsMs: number;
}

export interface Examined {
  readonly config: Config;
  /** Fields of the file in which a secret stands in clear. */
  readonly literalSecrets: readonly string[];
  readonly guarded: readonly Guarded[];
  readonly certificates: readonly Certificate[];
  /** Wall clock. */
  readonly nowMs: number;
}

/** One deviation from what is safe. */
export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly say: string;
  readonly fix: string;
  /** Where it is so, in words for people and never a secret; empty for nowhere. */
  readonly where: (about: Examined) => readonly string[];
}
