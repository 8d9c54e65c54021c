/*
 * What a person's browser does when a client sends it to sign in: follows redirects, keeps cookies, and ends where the
 * client waits for it.
 */

/** Follows from `url` until an address that begins with `until`, and gives that address. */
export async function browse(url: URL, until: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let here = url;
  for (let steps = 0; steps < 20; steps++) {
    if (here.href.startsWith(until)) return here;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(here, { redirect: 'manual', headers: { cookie } });
    const body = await response.text();
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`stands at ${here.href}: ${response.status} ${body.slice(0, 500)}`);
    here = new URL(location, here);
  }
  throw new Error(`goes round in circles, now at ${here.href}`);
}
