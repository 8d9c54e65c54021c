/*
 * In which language an answer's messages are: English, or Chinese where `Accept-Language` prefers it (RFC 9110 §12.5.4).
 */

export type Language = 'en' | 'zh';

const FIELD_LENGTH_MAX = 500;

/** The one of ours that is weighed highest; English when none is named, or both alike. */
export function languageOf(field: string | undefined): Language {
  if (field === undefined || field.length > FIELD_LENGTH_MAX) return 'en';
  const weights = { en: 0, zh: 0 };
  for (const part of field.toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.split(';').map((each) => each.trim());
    const language = /^(?:zh|en)(?=-|$)/.exec(range)?.[0] as Language | undefined;
    if (language) weights[language] = Math.max(weights[language], weightOf(parameters));
  }
  return weights.zh > weights.en ? 'zh' : 'en';
}

function weightOf(parameters: readonly string[]): number {
  const written = parameters.find((each) => each.startsWith('q='))?.slice(2);
  if (written === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(written) ? Number(written) : 0;
}
