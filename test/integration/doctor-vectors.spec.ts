import { join } from 'node:path';
import { Pool } from 'pg';
import { Hub } from '../../src/cli/hub';
import { loadConfig } from '../../src/config';
import { createTestDatabase } from '../support/database';
import { replay } from '../vectors/replay';
import { readVectors } from '../vectors/vector';
import { directWay } from '../vectors/ways/direct';
import { hubEnvironment } from '../vectors/ways/environment';

const VECTORS = readVectors(process.env['VECTORS_FILE'] ?? join(__dirname, '../vectors/sample.jsonl'));

describe('the doctor', () => {
  it('finds nothing in the end states of all recorded vectors', async () => {
    const database = await createTestDatabase();
    const pool = new Pool({ connectionString: database.url });
    const way = await directWay(database.url);
    try {
      await replay(pool, way, VECTORS);
      const hub = await Hub.open(loadConfig(hubEnvironment(database.url)), false);
      try {
        const found = await hub.doctor.examine('all', 1_000);
        expect(found.map(({ text }) => text)).toEqual([]);
      } finally {
        await hub.close();
      }
    } finally {
      await way.close();
      await pool.end();
      await database.drop();
    }
  });
});
