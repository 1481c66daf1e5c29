import { concealed } from './concealed';
import type { Config } from './config';
import type { EnvironmentReader } from './environment';
import type { Named } from './variable';
import { VARIABLES } from './variables';

/** A url alone is a mistake: every log would stay as it is. A token alone may be left over: a warning will do. */
export function readLogs(reader: EnvironmentReader): Config['logs'] {
  const url = reader.read(VARIABLES.logsUrl);
  const token = reader.read(VARIABLES.logsToken);
  if (url && token === null) {
    reader.problems.push(
      `${VARIABLES.logsUrl.name} is set but ${VARIABLES.logsToken.name} is not: travis-logs would refuse every request. ` +
        'Set both, or neither.',
    );
  }
  if (url === null && token) {
    reader.warnings.push(
      `${VARIABLES.logsToken.name} is set but ${VARIABLES.logsUrl.name} is not: no log is cleared when a job starts over. ` +
        'Set both, or neither.',
    );
  }
  return concealed({ url, token }, 'token');
}

export function readJobBoard(reader: EnvironmentReader): Config['jobBoard'] {
  const url = reader.read(VARIABLES.jobBoardUrl);
  if (url && new URL(url).username === '') {
    reader.warnings.push(
      `${VARIABLES.jobBoardUrl.name} holds no user and password: the Job Board will refuse every request.`,
    );
  }
  return concealed({ url, site: reader.read(VARIABLES.jobBoardSite) }, 'url');
}

/** Only when both are set, as Travis Hub has it: other programs know the address too. */
export function readTraceProcessor(reader: EnvironmentReader): Config['traceProcessor'] {
  const url = reader.read(VARIABLES.traceProcessorUrl);
  const enabled = reader.read(VARIABLES.traceProcessorEnabled);
  if (enabled) warnWithout(reader, VARIABLES.traceProcessorEnabled, [[VARIABLES.traceProcessorUrl, url]]);
  return concealed({ url: enabled ? url : null }, 'url');
}

export function readArtifactManager(reader: EnvironmentReader): Config['artifactManager'] {
  const url = reader.read(VARIABLES.artifactManagerUrl);
  const key = reader.read(VARIABLES.artifactManagerKey);
  if (url) warnWithout(reader, VARIABLES.artifactManagerUrl, [[VARIABLES.artifactManagerKey, key]]);
  return concealed({ url, key }, 'key');
}

/** The address alone, which other programs know too, tells nobody. */
export function readMerge(reader: EnvironmentReader): Config['merge'] {
  const url = reader.read(VARIABLES.mergeUrl);
  const token = reader.read(VARIABLES.mergeToken);
  const wanted = reader.read(VARIABLES.notifyMerge);
  if (wanted) {
    warnWithout(reader, VARIABLES.notifyMerge, [
      [VARIABLES.mergeUrl, url],
      [VARIABLES.mergeToken, token],
    ]);
  }
  return concealed({ url: wanted ? url : null, token }, 'token');
}

export function readKeen(reader: EnvironmentReader): Config['keen'] {
  const projectId = reader.read(VARIABLES.keenProjectId);
  const writeKey = reader.read(VARIABLES.keenWriteKey);
  if (projectId) warnWithout(reader, VARIABLES.keenProjectId, [[VARIABLES.keenWriteKey, writeKey]]);
  return concealed({ url: reader.read(VARIABLES.keenUrl), projectId, writeKey }, 'writeKey');
}

/** A service that an installation need not have: half of what it takes keeps nothing from starting. */
function warnWithout(
  reader: EnvironmentReader,
  { name }: Named,
  others: readonly (readonly [Named, string | null])[],
): void {
  for (const [other, value] of others) {
    if (value === null) {
      reader.warnings.push(`${name} is set but ${other.name} is not: nobody is told. Set both, or neither.`);
    }
  }
}
