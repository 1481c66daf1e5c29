import type { Config } from '../../config';
import { hashAddress, signToken } from './token';

/** Makes the links by which people unsubscribe. */
export interface UnsubscribeLinks {
  /** Of mail about one repository to one address. The address is not in it. */
  linkFor(repositoryId: number, address: string): string;
}

/** @returns null when Hub does not know where people reach it, or has nothing to sign with */
export function unsubscribeLinks({ publicUrl, secret }: Config['unsubscribe']): UnsubscribeLinks | null {
  if (publicUrl === null || secret === null) return null;
  return {
    linkFor: (repositoryId, address) =>
      `${publicUrl}/mail/unsubscribe/${signToken({ repositoryId, addressHash: hashAddress(address) }, secret)}`,
  };
}
