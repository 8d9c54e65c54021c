/*
 * What is said of a limit in the tables of limits.
 */
export interface LimitShape {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly perServer?: true;
  readonly paces?: true;
  readonly why: string;
}
