import type { Statements } from '../../database';
import { holdsSecret } from '../domain/config-values';
import { readEncryptedColumn } from './encrypted-column';
import { decryptSecrets } from './encrypted-value';

/** Decrypts what people encrypted with their repository's public key. Nothing it returns may be stored or logged. */
export class RepositorySecrets {
  /** @param encryptionKey ENCRYPTION_KEY; null when private keys cannot be read, and all secrets stay closed. */
  constructor(
    private readonly statements: Statements,
    private readonly encryptionKey: string | null,
  ) {}

  /** {@link decryptSecrets} with the repository's key, which is only read when the value holds a secret. */
  async reveal<T>(repositoryId: number, value: T): Promise<T> {
    if (!holdsSecret(value)) return value;
    const [row] = await this.statements.run<{ private_key: string | null }>(
      'SELECT private_key FROM public.ssl_keys WHERE repository_id = $1 ORDER BY id LIMIT 1',
      [repositoryId],
    );
    return decryptSecrets(value, readEncryptedColumn(row?.private_key ?? null, this.encryptionKey)) as T;
  }
}
