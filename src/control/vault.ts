/*
 * Secrets at rest: AES-256-GCM under a key that has an id, with what the secret belongs to as associated data, so that one
 * row's secret does not open in another row.
 */

/** What a secret is of; all of it is authenticated with it. */
export interface SecretPlace {
  readonly id: string;
  readonly kind: string;
  readonly ownerId: string;
  readonly name: string;
}

export interface Sealed {
  readonly keyId: string;
  /** Base64 of nonce, ciphertext and tag. */
  readonly sealed: string;
}

export interface Vault {
  seal(place: SecretPlace, secret: string): Sealed;
  /** Throws an error without secret words when the key is not there, or it is not what was sealed here. */
  open(place: SecretPlace, sealed: Sealed): string;
  /** The one that new secrets are sealed with. */
  readonly currentKeyId: string;
}
