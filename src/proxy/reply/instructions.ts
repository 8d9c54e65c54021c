/*
 * What an aggregate tells its clients before they begin: the operator's words, how names are made here, and what each
 * server says of itself, under a heading of its own, in the endpoint's order.
 *
 * A server's heading is the operator's name for it. Headings in a server's own text are put below that, so that no server
 * opens a section in the name of another; and together the servers have so many bytes, shared evenly, so that none of
 * them crowds out the others, or the model's context.
 */
import type { VisibleServer } from '../../model/call.ts';
import { isShown } from '../../model/catalogue.ts';
import type { EndpointDefinition } from '../../model/snapshot.ts';
import type { View } from '../policy/view.ts';

export interface Instructions {
  /** Undefined when nobody says anything. */
  readonly text: string | undefined;
  /** Whether a server's words were cut. */
  readonly cut: boolean;
}

export function instructionsOf(view: View, bytesMax: number): Instructions {
  const { endpoint } = view;
  const speaking = view.servers.filter(
    ({ catalogue }) => isShown(catalogue) && (catalogue.instructions ?? '').trim() !== '',
  );
  const sections = speaking.map(sectionOf);
  const kept = shared(sections, bytesMax);
  const parts = [endpoint.instructions ?? '', ...(kept.length > 0 ? [introduction(endpoint), ...kept] : [])];
  const text = parts.filter((part) => part !== '').join('\n\n');
  return { text: text === '' ? undefined : text, cut: kept.some((section, at) => section !== sections[at]) };
}

function introduction({ naming, separator }: EndpointDefinition): string {
  const names =
    naming === 'prefixed' ? ` Names of tools and prompts begin with the name of their server and "${separator}".` : '';
  return `Several servers stand behind this one.${names} URIs of resources begin with the name of their server and "+".`;
}

function sectionOf({ definition, catalogue }: VisibleServer): string {
  const { name, title } = definition;
  const heading = title === undefined || title === name ? name : `${title} (${name})`;
  const words = (catalogue.instructions ?? '').trim().replace(/^[ \t]{0,3}(?=#{1,6}(?:[ \t]|$))/gm, '##');
  return `## ${heading}\n\n${words}`;
}

/** What one does not need of its even share, those behind it may use. */
function shared(sections: readonly string[], bytesMax: number): string[] {
  let left = bytesMax;
  return sections.map((section, at) => {
    const kept = shortened(section, Math.floor(left / (sections.length - at)));
    left -= Buffer.byteLength(kept);
    return kept;
  });
}

const MORE = '…';

function shortened(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  const room = Math.max(0, bytesMax - Buffer.byteLength(MORE));
  // Told that more comes, the decoder leaves out half a character.
  return `${new TextDecoder().decode(bytes.subarray(0, room), { stream: true })}${MORE}`;
}
