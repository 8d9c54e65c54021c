/*
 * What a child process may see of the gateway's environment: an allow-list, never the whole.
 *
 * The gateway's own variables hold keys of other servers. A child gets what a program needs to find its files, its
 * language and its clock, plus what its own configuration entry names; that entry wins.
 */

/** PATH to find programs, HOME for their caches, the rest for locale and terminal. */
const POSIX = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'TZ', 'TMPDIR'];

/** Without SYSTEMROOT a Windows process cannot open a socket; PATHEXT finds `npx.cmd`. */
const WINDOWS = [
  'APPDATA',
  'COMSPEC',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATH',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'PROGRAMFILES(X86)',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'USERNAME',
  'USERPROFILE',
  'WINDIR',
];

function allowed(name: string, platform: NodeJS.Platform): boolean {
  // Variable names are case-insensitive on Windows and keep the case they were set with (`Path`).
  if (platform === 'win32') return WINDOWS.includes(name.toUpperCase());
  return POSIX.includes(name) || name.startsWith('LC_');
}

/** The environment of a child: the allowed part of `parent`, then `own` over it. */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    // A value that starts like a function definition is code to old shells (CVE-2014-6271).
    if (value === undefined || value.startsWith('()') || !allowed(name, platform)) continue;
    environment[name] = value;
  }
  return { ...environment, ...own };
}
