import { Module } from '@nestjs/common';
import { ApplyingModule } from '../intake';
import { Doctor } from './doctor';

/** Looks for damage and mends it, when somebody asks for it. */
@Module({ imports: [ApplyingModule], providers: [Doctor], exports: [Doctor] })
export class DoctorModule {}
