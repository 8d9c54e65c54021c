/*
 * One decision to make, and what is known for it.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import { type Known, Question } from './condition/question.ts';
import type { Standing } from './standing.ts';

const NOTHING: Partial<Known> = {};

export class Aim {
  readonly standing: Standing;
  readonly kind: EntryKind;
  readonly key: string;
  readonly #known: Partial<Known>;
  #question: Question | undefined;

  constructor(standing: Standing, kind: EntryKind, key: string, known: Partial<Known> = NOTHING) {
    this.standing = standing;
    this.kind = kind;
    this.key = key;
    this.#known = known;
  }

  /** For conditions; most decisions have none. */
  get question(): Question {
    const { kind, key } = this;
    this.#question ??= new Question({ place: this.standing.rules.place, kind, key, ...this.#known });
    return this.#question;
  }

  get hasDoubt(): boolean {
    return this.#question?.hasDoubt ?? false;
  }

  /** The same of other rights; what is known, and what it may still cost, they share. */
  of(standing: Standing): Aim {
    const other = new Aim(standing, this.kind, this.key);
    other.#question = this.question;
    return other;
  }
}
