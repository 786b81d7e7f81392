import {
  ar,
  base,
  cs_CZ,
  da,
  de,
  de_AT,
  de_CH,
  el,
  en,
  en_GB,
  en_IN,
  en_US,
  en_ZA,
  es,
  es_MX,
  Faker,
  fi,
  fr,
  fr_BE,
  he,
  hr,
  hu,
  it,
  ja,
  ka_GE,
  ko,
  lv,
  nb_NO,
  ne,
  nl,
  pl,
  pt_BR,
  pt_PT,
  ro,
  sk,
  sv,
  th,
  tr,
  uk,
  vi,
  zh_CN,
  zh_TW,
} from '@faker-js/faker';
import type { LocaleDefinition } from '@faker-js/faker';
import type { CountryCode } from 'libphonenumber-js';

import type { Rng } from './rng.ts';

/** Where a person lives: decides names, script, address, phone and language. */
export interface Locale {
  readonly country: CountryCode;
  /** BCP 47. */
  readonly language: string;
  readonly faker: Faker;
  /** Whether addresses there name a region (faker would use an English one). */
  readonly hasRegions: boolean;
  /** Club name pattern; `#` stands for the town. */
  readonly club: string;
  readonly weight: number;
}

type Home = readonly [LocaleDefinition, country: CountryCode, language: string, weight: number, club: string];

const homes: readonly Home[] = [
  [pt_PT, 'PT', 'pt-PT', 22, 'Clube Atlético de #'],
  [pt_BR, 'BR', 'pt-BR', 5, 'Associação Corredores de #'],
  [es, 'ES', 'es-ES', 9, 'Club Atletismo #'],
  [es_MX, 'MX', 'es-MX', 3, 'Corredores de #'],
  [de, 'DE', 'de-DE', 8, 'Lauftreff #'],
  [de_AT, 'AT', 'de-AT', 2, 'LC #'],
  [de_CH, 'CH', 'de-CH', 3, 'TV #'],
  [fr, 'FR', 'fr-FR', 7, 'Athlétic Club de #'],
  [fr_BE, 'BE', 'fr-BE', 2, 'Les Coureurs de #'],
  [it, 'IT', 'it-IT', 5, 'Podistica #'],
  [nl, 'NL', 'nl-NL', 4, 'AV #'],
  [en_GB, 'GB', 'en-GB', 6, '# Harriers'],
  [en_US, 'US', 'en-US', 5, '# Track Club'],
  [en_ZA, 'ZA', 'en-ZA', 2, '# Road Runners'],
  [en_IN, 'IN', 'en-IN', 2, '# Striders'],
  [nb_NO, 'NO', 'nb-NO', 3, '# Friidrettsklubb'],
  [sv, 'SE', 'sv-SE', 3, '# Löparklubb'],
  [da, 'DK', 'da-DK', 2, '# Løbeklub'],
  [fi, 'FI', 'fi-FI', 2, '# Juoksijat'],
  [pl, 'PL', 'pl-PL', 5, 'Klub Biegacza #'],
  [cs_CZ, 'CZ', 'cs-CZ', 4, 'Běžecký klub #'],
  [sk, 'SK', 'sk-SK', 2, 'Bežecký klub #'],
  [hu, 'HU', 'hu-HU', 2, '# Futóklub'],
  [ro, 'RO', 'ro-RO', 2, 'Clubul Alergătorilor #'],
  [hr, 'HR', 'hr-HR', 2, 'Trkački klub #'],
  [lv, 'LV', 'lv-LV', 1, 'Skriešanas klubs #'],
  [el, 'GR', 'el-GR', 3, 'Δρομείς #'],
  [uk, 'UA', 'uk-UA', 3, 'Біговий клуб #'],
  [tr, 'TR', 'tr-TR', 3, '# Koşu Kulübü'],
  [he, 'IL', 'he-IL', 2, 'מועדון ריצה #'],
  [ar, 'EG', 'ar-EG', 2, 'نادي العدائين #'],
  [ka_GE, 'GE', 'ka-GE', 1, 'სარბენი კლუბი #'],
  [ne, 'NP', 'ne-NP', 1, '# धावक क्लब'],
  [th, 'TH', 'th-TH', 1, 'ชมรมวิ่ง#'],
  [vi, 'VN', 'vi-VN', 2, 'CLB Chạy bộ #'],
  [ja, 'JP', 'ja-JP', 4, '#ランナーズクラブ'],
  [ko, 'KR', 'ko-KR', 3, '# 러닝클럽'],
  [zh_CN, 'CN', 'zh-Hans-CN', 3, '#跑步俱乐部'],
  [zh_TW, 'TW', 'zh-Hant-TW', 2, '#慢跑協會'],
];

/** All locales, drawing from one random sequence, so the same seed gives the same federation. */
export function createLocales(rng: Rng): readonly Locale[] {
  const randomizer = { next: rng, seed: () => undefined };
  return homes.map(([definition, country, language, weight, club]) => ({
    country,
    language,
    weight,
    club,
    hasRegions: definition.location?.state !== undefined || language.startsWith('en'),
    faker: new Faker({ locale: [definition, en, base], randomizer }),
  }));
}

// oxlint-disable-next-line no-control-regex
const LATIN_1_CONTROL = /[\u0080-\u009f]/u;

/**
 * Text as EMS stores it: Unicode NFC, single blanks, trimmed. Faker has one name ("Ömer") that is UTF-8 read as Latin-1
 * and therefore contains a control character.
 */
export function tidy(text: string): string {
  const readable = LATIN_1_CONTROL.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
  return readable.normalize('NFC').replaceAll(/\s+/gu, ' ').trim();
}
