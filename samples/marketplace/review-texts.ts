// What customers write: phrases by score, with the line breaks, quotes, commas and letters that real reviews have.
import { Bytes } from '../core/bytes.ts';
import type { Random } from '../core/random.ts';

const TITLES = [
  ['Péssimo', 'Não recebi o produto', 'Não recomendo', 'Decepcionada', 'Produto errado', 'Cadê meu pedido?'],
  ['Ruim', 'Atrasou muito', 'Veio com defeito', 'Esperava mais'],
  ['Regular', 'Razoável', 'Mais ou menos', 'Entrega parcial'],
  ['Bom', 'Gostei', 'Muito bom', 'Bom produto', 'recomendo'],
  ['Super recomendo', 'Ótimo', 'Excelente!', 'Perfeito', 'Adorei', 'Nota 10', '10', 'Amei ❤'],
];

const OPENINGS = [
  [
    'Não recebi o produto até agora.',
    'Comprei duas unidades e veio apenas uma, quero a outra.',
    'O prazo venceu e ninguém responde.',
    'Produto veio quebrado e a loja não atende.',
    'ESTOU AGUARDANDO HÁ 40 DIAS',
  ],
  [
    'O produto demorou demais.',
    'Veio diferente da foto, cor errada.',
    'Qualidade bem inferior ao anunciado.',
    'Embalagem amassada, faltando peças.',
  ],
  [
    'Produto ok, mas a entrega atrasou.',
    'Poderia ser melhor pelo preço.',
    'Recebi só uma parte do pedido.',
    'Cumpre o que promete; nada além disso.',
  ],
  [
    'Bom produto, entrega dentro do prazo.',
    'Gostei, mas o acabamento podia ser melhor.',
    'Chegou certinho.',
    'Mas um pouco ,travando...pelo valor ta Boa.',
  ],
  [
    'Recebi bem antes do prazo estipulado.',
    'Produto excelente, recomendo!',
    'Parabéns lojas, adorei comprar pela Internet seguro e prático',
    'Chegou antes do prazo e bem embalado.',
    'Ótima qualidade, minha mãe amou 😍',
    'Vendedor confiável, produto ok e entrega antes do prazo.',
  ],
];

const ENDINGS = [
  'Quero meu dinheiro de volta.',
  'Comprarei novamente.',
  'Tudo conforme o anúncio.',
  'O modelo é "tamanho único", atenção.',
  'Medidas: 30cm x 20cm; peso 1,5kg.',
  'Obrigada pela atenção.',
  'Já é a segunda vez que compro aqui.',
  'Nota fiscal não veio.',
  'O frete foi caro, mas valeu.',
  'Site: fácil de usar.',
];

/** Ready CSV fields of one kind of text, by score; a field that needs quotes has them. */
export class ReviewTexts {
  readonly #titles: Uint8Array[][];
  readonly #messages: Uint8Array[][];

  constructor(random: Random) {
    this.#titles = TITLES.map((titles) => titles.map(fieldOf));
    this.#messages = OPENINGS.map((openings) => Array.from({ length: 400 }, () => fieldOf(message(openings, random))));
  }

  title(score: number, random: Random): Uint8Array {
    return random.pick(this.#titles[score - 1]!);
  }

  message(score: number, random: Random): Uint8Array {
    return random.pick(this.#messages[score - 1]!);
  }
}

function message(openings: readonly string[], random: Random): string {
  let text = random.pick(openings);
  const sentences = random.below(4);
  for (let i = 0; i < sentences; i++) text += (random.chance(0.14) ? '\r\n' : ' ') + random.pick(ENDINGS);
  if (random.chance(0.02)) text += '\r\n';
  return text;
}

const scratch = new Bytes(4096);

function fieldOf(text: string): Uint8Array {
  scratch.at = 0;
  scratch.field(text);
  return Uint8Array.from(scratch.buffer.subarray(0, scratch.at));
}
