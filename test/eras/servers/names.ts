/*
 * What servers of the matrix and those who judge them both name.
 */

export const TEXT_URI = 'era://text';
export const CHANGING_URI = 'era://changing';
export const PANEL_URI = 'ui://panel/main.html';
export const PANEL_MIME = 'text/html;profile=mcp-app';

/** An integer that no double holds. */
export const BIG = '12345678901234567890';

/** What a vendor puts into `_meta`. */
export const VENDOR = 'example.com/note';
