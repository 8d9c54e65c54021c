/*
 * Regular expressions of conditions, matched in time that grows with the text and never faster (threat T26): RE2's syntax,
 * without back references and look-around.
 *
 * A step costs as much as the pattern is large, so the two together are bounded: a large pattern reads shorter texts.
 */
import { RE2JS } from '@bufbuild/re2';

/** Instructions of a compiled pattern; `[0-9a-f]{32}` has about 35. */
export const PATTERN_SIZE_MAX = 400;
/** Letters of the text times instructions of the pattern, about 50 ms at worst: 50 000 letters for a short pattern. */
export const PATTERN_WORK_MAX = 500_000;
/** States that a pattern may keep between calls, about 1 KiB each. */
const STATES_KEPT_MAX = 200;

export class LinearPattern {
  readonly size: number;
  readonly #compiled: RE2JS;

  /** Throws for what is no pattern, or too large. */
  constructor(text: string) {
    this.#compiled = RE2JS.compile(text);
    this.size = this.#compiled.re2().prog.numInst();
    if (this.size > PATTERN_SIZE_MAX) throw new RangeError('the pattern is too large');
  }

  /** Whether it fits a part of the text. Throws for a text that would take too long. */
  test(text: string): boolean {
    if (text.length * this.size > PATTERN_WORK_MAX) throw new RangeError('the text is too long for this pattern');
    const found = this.#compiled.test(text);
    if (this.#compiled.re2().dfa.stateCount > STATES_KEPT_MAX) this.#compiled.reset();
    return found;
  }
}
