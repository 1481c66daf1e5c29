import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** Metadata key under which {@link Public} leaves its mark; read by the authentication guard. */
export const IS_PUBLIC = 'hub:public';

/** Marks a controller or a route that anybody may call without credentials, such as a health probe. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
