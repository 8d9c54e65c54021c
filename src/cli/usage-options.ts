/*
 * What a command of the command line is, and the options that several have.
 */

export interface Option {
  readonly name: string;
  /** Word that stands for the value; undefined for a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly variable?: string;
  /** May be given several times. */
  readonly repeats?: true;
  readonly say: string;
}

export interface Command {
  readonly name: string;
  /** `FILE` must be there, `[SERVER]` may, `[WORD…]`, at the end, any number of times. */
  readonly arguments: readonly string[];
  readonly say: string;
  readonly options: readonly Option[];
}

export const JSON_LINES: Option = { name: 'json', say: 'Print one JSON object per line, for programs.' };
export const LOG_LEVEL: Option = {
  name: 'log-level',
  value: 'LEVEL',
  variable: 'GATEWRIGHT_LOG_LEVEL',
  say: 'What goes to stderr as JSON lines: debug, info, warn (default), error or silent.',
};
export const DATA_DIR: Option = {
  name: 'data-dir',
  value: 'DIR',
  variable: 'GATEWRIGHT_DATA_DIR',
  say: 'Where the gateway keeps its own files; else $XDG_DATA_HOME/gatewright.',
};
export const CONFIG: Option = {
  name: 'config',
  value: 'FILE',
  variable: 'GATEWRIGHT_CONFIG',
  say: 'Configuration file: our own, or that of another client.',
};
export const HELP: Option = { name: 'help', short: 'h', say: 'Show this help.' };
export const VERSION: Option = { name: 'version', say: 'Show the version.' };
