import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { Controller, Get, Header } from '@nestjs/common';
import { notFound } from './problems/problem';

/** Serves docs/openapi.yaml, so that the description always is the one of the version that runs. */
@Controller('api')
export class OpenApiController {
  @Get('openapi.yaml')
  @Header('Content-Type', 'application/yaml; charset=utf-8')
  async document(): Promise<string> {
    const file = findUpwards(__dirname, join('docs', 'openapi.yaml'));
    if (file === null) throw notFound('docs/openapi.yaml in this installation');
    return readFile(file, 'utf8');
  }
}

/** Source and compiled code lie at different depths below the file. */
function findUpwards(folder: string, name: string): string | null {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? null : findUpwards(parent, name);
}
