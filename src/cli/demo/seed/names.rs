//! Invented people's names, from many places. `shown/ascii` where the mailbox cannot be written as the name is.

/// The names of one place.
pub struct Culture {
    /// First names.
    pub given: &'static str,
    /// Last names.
    pub family: &'static str,
}

/// In the order in which they are common among the demo's donors.
pub const CULTURES: [Culture; 18] = [
    Culture {
        given: "Alice Beth Callum Daisy Edward Fiona George Hannah Isla Jack Katherine Liam Megan Nathan Olive Poppy Rhys Siân/sian Thomas Winifred",
        family: "Ashdown Barlow Crowther Dunmore Eastwick Fairley Garside Hollins Ingleby Kettering Langridge Merrow Norwell O’Hanlon/ohanlon Pemberly Redfern Stanhill Thornley Whitcombe Yarrow",
    },
    Culture {
        given: "Aaron Brianna Caleb Denise Elijah Faith Gavin Hope Isaiah Jasmine Kendra Logan Mason Naomi Owen Paige Quincy Rachel Tyler Whitney",
        family: "Abernethy Brannigan Calloway Dillard Eberhart Fontenot Gallager Hathorne Ivory Jessup Kirkland Lockhart McAdoo Nesbitt Oakes Prentiss Rutledge Sayer Tillman Westbrook",
    },
    Culture {
        given: "Abena Chidi Efua Femi Ifeoma Kwame Ngozi Olumide Temitope Yaw",
        family: "Adeyinka Boateng Danquah Eze Iroegbu Kuforiji Nwachuku Ofori Okonjo Sarpong",
    },
    Culture {
        given: "Aarav Divya Gurpreet Harini Ishaan Kavya Meera Nikhil Priya Rohan",
        family: "Bhattacharjee Chaudhri Dhillon Gopalan Iyengar Kapadia Menon Randhawa Sundaram Vaidya",
    },
    Culture {
        given: "Ayşe/ayse Cem Deniz Elif Gül/gul İbrahim/ibrahim Özge/ozge Zeynep",
        family: "Aydınlı/aydinli Çelikkaya/celikkaya Demirtaş/demirtas Güneş/gunes Karaca Şimşekli/simsekli Yıldırgan/yildirgan Öztürkmen/ozturkmen",
    },
    Culture {
        given: "Beatriz Camila Diego Esperanza Iñaki/inaki Joaquín/joaquin Lucía/lucia Mateo Núria/nuria Soledad",
        family: "Aguirrezabal Benavente Cárdenas/cardenas Echevarría/echevarria Figueroa Ibáñez/ibanez Montalbán/montalban Peñalosa/penalosa Quiroga Villalobos",
    },
    Culture {
        given: "Chloé/chloe Étienne/etienne Geneviève/genevieve Hélène/helene Jean-Luc/jeanluc Noémie/noemie Océane/oceane Théo/theo",
        family: "Beauséjour/beausejour Charlebois Desrosiers Garneau L’Écuyer/lecuyer Maisonneuve Thériault/theriault Villeneuve",
    },
    Culture {
        given: "Agnieszka Bartosz Grażyna/grazyna Jędrzej/jedrzej Łucja/lucja Małgorzata/malgorzata Stanisław/stanislaw Zofia",
        family: "Brzozowski Dąbkowska/dabkowska Gwiazda Jaśkiewicz/jaskiewicz Krzemień/krzemien Maciejko Sobczyńska/sobczynska Żurawek/zurawek",
    },
    Culture {
        given: "Åsa/asa Bjørn/bjorn Freja Gunnar Ingrid Lærke/laerke Søren/soren Tove",
        family: "Bergström/bergstrom Dahlgaard Fjellheim Grønlund/gronlund Hvidsten Lindqvist Nygård/nygard Sjöholm/sjoholm",
    },
    Culture {
        given: "Anneliese Friedrich Gisela Jürgen/jurgen Käthe/kathe Lukas Rüdiger/rudiger Wiebke",
        family: "Ackermann Birkenfeld Düsterhöft/dusterhoft Großkopf/grosskopf Hollenbach Krähwinkel/krahwinkel Rosenthaler Weißdorn/weissdorn",
    },
    Culture {
        given: "Hồng/hong Linh Minh Ngọc/ngoc Phương/phuong Quân/quan Thảo/thao Tuấn/tuan",
        family: "Bùi/bui Đặng/dang Hoàng/hoang Huỳnh/huynh Lương/luong Trịnh/trinh Võ/vo",
    },
    Culture {
        given: "ليلى/layla يوسف/yusuf مريم/maryam خالد/khalid نادية/nadia سمير/samir هدى/huda طارق/tariq",
        family: "الخطيب/alkhatib المصري/almasri النجار/alnajjar الشامي/alshami حمدان/hamdan القاضي/alqadi منصور/mansour",
    },
    Culture {
        given: "נועה/noa איתן/eitan תמר/tamar יונתן/yonatan שירה/shira אורי/uri",
        family: "אלמוג/almog ברקאי/barkai גולן/golan לביא/lavi שגב/segev",
    },
    Culture {
        given: "静怡/jingyi 子涵/zihan 建国/jianguo 美玲/meiling 志强/zhiqiang 雨桐/yutong",
        family: "欧阳/ouyang 陈/chen 林/lin 黄/huang 郑/zheng 谢/xie",
    },
    Culture {
        given: "さくら/sakura 健太/kenta 美咲/misaki 陽斗/haruto 結衣/yui 大輔/daisuke",
        family: "青木/aoki 藤原/fujiwara 小林/kobayashi 中島/nakajima 渡辺/watanabe 山口/yamaguchi",
    },
    Culture {
        given: "서연/seoyeon 민준/minjun 하은/haeun 지훈/jihoon 수빈/subin",
        family: "강/kang 박/park 윤/yoon 정/jung 최/choi",
    },
    Culture {
        given: "Олена/olena Тарас/taras Наталія/natalia Іван/ivan Софія/sofia Дмитро/dmytro",
        family: "Бондар/bondar Ковалик/kovalyk Лисенко/lysenko Мельничук/melnychuk Савчин/savchyn",
    },
    Culture {
        given: "Ελένη/eleni Γιώργος/giorgos Μαρία/maria Νίκος/nikos Σοφία/sophia",
        family: "Αλεξίου/alexiou Καραμάνης/karamanis Μαυρίδης/mavridis Παπαδάκη/papadaki",
    },
];

/// Bodies that give; `{}` is a last name.
pub const ORGANISATIONS: [&str; 12] = [
    "{} & Daughters Bakery",
    "{} Family Foundation",
    "The {} Choral Society",
    "{} Joinery Ltd",
    "St Sample’s Primary School",
    "{} Architects LLP",
    "Mockbridge Rotary Walkers",
    "The Lantern Quilters",
    "{} Brothers Garage",
    "Exampleton Parish Church",
    "{} Bookshop",
    "{} Legal Partners",
];

/// Messages with a gift.
pub const MESSAGES: [&str; 20] = [
    "For everyone who opens a door.",
    "From our street’s summer fair. We sold 212 cakes.",
    "In thanks for a safe year.",
    "My grandmother would have liked what you do.",
    "Our book club read your report together.",
    "Please use it for the school places.",
    "Half of my first pay as a nurse.",
    "From class 5B, who collected it in a jam jar.",
    "For the caseworkers. Thank you for staying.",
    "Instead of wedding presents.",
    "I heard you on the radio this morning.",
    "Keep the lantern burning.",
    "With love from the allotment.",
    "A bit more this year, because we can.",
    "For the lawyer who spoke at our church.",
    "We walked 18 miles for this. It rained.",
    "From a retired teacher.",
    "Para quienes vuelven a casa.",
    "من أجل كل من يعود إلى بيته",
    "For Rosa’s tenth birthday, at her own wish.",
];

/// Streets.
pub const STREETS: [&str; 14] = [
    "Example Street",
    "Sample Road",
    "Lantern Lane",
    "Mill Bank",
    "Orchard Rise",
    "Station Parade",
    "Placeholder Avenue",
    "Specimen Close",
    "Harbour View",
    "Chapel Hill",
    "Template Terrace",
    "The Green",
    "Market Row",
    "Long Meadow",
];

/// Towns of each country: name and region.
pub const TOWNS_UK: [(&str, &str); 8] = [
    ("Exampleton", ""),
    ("Mockbridge", ""),
    ("Lower Sampling", ""),
    ("Testwick", ""),
    ("Placeholder-on-Sea", ""),
    ("Great Specimen", ""),
    ("Draftchester", ""),
    ("Invent Magna", ""),
];
/// Of the United States.
pub const TOWNS_US: [(&str, &str); 8] = [
    ("Sampleville", "NY"),
    ("Placeholder Falls", "OR"),
    ("Mockingham", "TX"),
    ("Example Springs", "CO"),
    ("Testburg", "PA"),
    ("Fictional Bay", "CA"),
    ("Draft Creek", "MN"),
    ("Specimen City", "GA"),
];
/// Of Canada.
pub const TOWNS_CA: [(&str, &str); 5] = [
    ("Exampleville", "ON"),
    ("Saint-Exemple", "QC"),
    ("Sample Lake", "MB"),
    ("Mock Harbour", "NS"),
    ("Testford", "BC"),
];
