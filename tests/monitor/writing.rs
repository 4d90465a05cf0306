//! Sentences in several languages, drawn from a few hundred words: plainer than people write, so that what is not
//! stopped here is not stopped elsewhere.

use super::Dice;

/// Subjects, verbs, objects and circumstances of one language, and how its sentences end.
pub(super) struct Language {
    pub(super) name: &'static str,
    parts: [&'static [&'static str]; 4],
    between: &'static str,
    end: &'static str,
}

impl Language {
    /// One sentence.
    pub(super) fn sentence(&self, dice: &mut Dice) -> String {
        let words: Vec<&str> = self.parts.iter().map(|words| dice.pick(words)).collect();
        format!("{}{}", words.join(self.between), self.end)
    }
}

pub(super) const LANGUAGES: &[Language] = &[
    Language {
        name: "english",
        parts: [
            &[
                "The harbour master",
                "An old pilot",
                "The council",
                "A young clerk",
                "The ferry company",
                "Her brother",
                "Nobody in town",
                "The engineer from the north",
            ],
            &[
                "opened",
                "measured",
                "repaired",
                "described in a letter",
                "sold",
                "forgot",
                "praised",
                "had long wanted",
            ],
            &[
                "the eastern lighthouse",
                "a bridge of stone",
                "three small boats",
                "the records of that winter",
                "a road to the quarry",
                "the clock above the gate",
                "seven barrels of salt",
            ],
            &[
                "before the storm of 1902",
                "while it was raining",
                "with great care",
                "for less than it was worth",
                "because the harvest had failed",
                "as the law demanded",
                "on a Tuesday",
            ],
        ],
        between: " ",
        end: ". ",
    },
    Language {
        name: "german",
        parts: [
            &[
                "Der Hafenmeister",
                "Eine alte Lotsin",
                "Der Stadtrat",
                "Ein junger Schreiber",
                "Die Reederei",
                "Ihr Bruder",
            ],
            &["eröffnete", "vermaß", "beschrieb", "verkaufte", "vergaß", "lobte"],
            &[
                "den östlichen Leuchtturm",
                "eine steinerne Brücke",
                "drei kleine Boote",
                "die Akten jenes Winters",
                "die Straße zum Steinbruch",
                "die Uhr über dem Tor",
            ],
            &[
                "vor dem Sturm",
                "während es regnete",
                "mit großer Sorgfalt",
                "unter Wert",
                "weil die Ernte ausgefallen war",
                "an einem Dienstag",
            ],
        ],
        between: " ",
        end: ". ",
    },
    Language {
        name: "french",
        parts: [
            &["Le capitaine du port", "Une vieille pilote", "Le conseil", "Un jeune commis", "La compagnie"],
            &["a ouvert", "a mesuré", "a décrit", "a vendu", "a oublié"],
            &[
                "le phare de l'est",
                "un pont de pierre",
                "trois petits bateaux",
                "les registres de cet hiver",
                "la route de la carrière",
            ],
            &["avant la tempête", "pendant qu'il pleuvait", "avec grand soin", "à perte", "un mardi"],
        ],
        between: " ",
        end: ". ",
    },
    Language {
        name: "russian",
        parts: [
            &["Капитан порта", "Старый лоцман", "Городской совет", "Молодой писарь", "Её брат"],
            &["открыл", "измерил", "описал", "продал", "забыл"],
            &["восточный маяк", "каменный мост", "три лодки", "записи той зимы", "дорогу к карьеру"],
            &["до бури", "пока шёл дождь", "с большой осторожностью", "во вторник", "по закону"],
        ],
        between: " ",
        end: ". ",
    },
    Language {
        name: "chinese",
        parts: [
            &["港务长", "老引水员", "市议会", "年轻的职员", "轮渡公司", "她的哥哥"],
            &["打开了", "测量了", "修理了", "卖掉了", "忘记了", "赞扬了"],
            &["东边的灯塔", "一座石桥", "三条小船", "那年冬天的记录", "通往采石场的路"],
            &["在暴风雨之前", "当时正在下雨", "非常小心", "因为收成不好", "在星期二"],
        ],
        between: "",
        end: "。",
    },
    Language {
        name: "japanese",
        parts: [
            &["港長は", "老いた水先人は", "議会は", "若い書記は", "彼女の兄は"],
            &["嵐の前に", "雨の中で", "注意深く", "火曜日に", "安い値段で"],
            &["東の灯台を", "石の橋を", "三隻の小舟を", "冬の記録を", "門の上の時計を"],
            &["開けた", "測った", "直した", "売った", "忘れた"],
        ],
        between: "",
        end: "。",
    },
    Language {
        name: "arabic",
        parts: [
            &["مدير الميناء", "مرشد عجوز", "المجلس", "كاتب شاب", "أخوها"],
            &["فتح", "قاس", "وصف", "باع", "نسي"],
            &["المنارة الشرقية", "جسرا من حجر", "ثلاثة قوارب", "سجلات ذلك الشتاء", "الساعة فوق البوابة"],
            &["قبل العاصفة", "أثناء المطر", "بعناية كبيرة", "يوم الثلاثاء", "كما يطلب القانون"],
        ],
        between: " ",
        end: ". ",
    },
    Language {
        name: "thai",
        parts: [
            &["นายท่าเรือ", "นำร่องเฒ่า", "สภาเมือง", "เสมียนหนุ่ม", "พี่ชายของเธอ"],
            &["เปิด", "วัด", "ซ่อม", "ขาย", "ลืม"],
            &["ประภาคารตะวันออก", "สะพานหิน", "เรือเล็กสามลำ", "บันทึกฤดูหนาว", "นาฬิกาเหนือประตู"],
            &["ก่อนพายุ", "ขณะฝนตก", "อย่างระมัดระวัง", "ในวันอังคาร", "ตามกฎหมาย"],
        ],
        between: "",
        end: " ",
    },
    Language {
        name: "hindi",
        parts: [
            &["बंदरगाह के मालिक ने", "एक बूढ़े नाविक ने", "परिषद ने", "एक युवा क्लर्क ने", "उसके भाई ने"],
            &["तूफान से पहले", "बारिश में", "बड़ी सावधानी से", "मंगलवार को", "कानून के अनुसार"],
            &["पूर्वी प्रकाशस्तंभ", "पत्थर का पुल", "तीन छोटी नावें", "उस सर्दी के अभिलेख", "फाटक की घड़ी"],
            &["खोला", "नापा", "सुधारा", "बेचा", "भुलाया"],
        ],
        between: " ",
        end: "। ",
    },
];
