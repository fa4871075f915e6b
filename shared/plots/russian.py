"""The pictures' words in Russian, by the English ones."""

from __future__ import annotations

RUSSIAN: dict[str, str] = {
    # In several pictures.
    "average": "среднее",
    "epoch": "эпоха",
    "gradient": "градиент",
    "layer": "слой",
    "loss": "потери",
    "step": "шаг",
    "training": "на обучении",
    "validation": "на валидации",
    "value": "значение",
    "dashed: where the points come from": "пунктир: откуда взяты точки",
    # activations
    "Slopes: at most a quarter for the sigmoid, up to 1 for the others": (
        "Наклон: у сигмоиды не больше четверти, у остальных — до 1"
    ),
    "output": "выход",
    "slope": "наклон",
    "steepest: {slope}": "не круче {slope}",
    "Backwards through sigmoids, the gradient vanishes": (
        "На обратном пути через сигмоиды градиент затухает"
    ),
    "layers that the gradient has passed, n": "сколько слоёв градиент прошёл, n",
    "norm of the gradient,\nas a share of that at the output": (
        "норма градиента\nв долях нормы на выходе"
    ),
    "no chain of sigmoids gets out of here": "цепочка сигмоид отсюда не выйдет",
    "bound (1/4)ⁿ": "граница (1/4)ⁿ",
    # alexnet
    "AlexNet: the work is in the convolutions, the parameters are behind them": (
        "AlexNet: работа — в свёртках, параметры — после них"
    ),
    "in all": "всего",
    "output for one image": "выход для изображения",
    "numbers": "чисел",
    "parameters": "параметров",
    "products": "умножений",
    # backprop
    "A neuron cuts its inputs in two, across its weights": (
        "Нейрон делит входы надвое, поперёк своих весов"
    ),
    "answer": "ответ",
    "w = (1, 0.5), b = 0": "w = (1; 0.5), b = 0",
    "b = 2 moves the border": "b = 2 сдвигает границу",
    "w = (4, 2) makes it steep": "w = (4; 2) делает её резкой",
    "When the answer is quite wrong, only the cross-entropy still pulls": (
        "Когда ответ совсем неверен, тянет только перекрёстная энтропия"
    ),
    "quite\nwrong": "совсем\nневерно",
    "squared error": "квадрат ошибки",
    "cross-entropy": "перекрёстная энтропия",
    "its gradient with respect to z": "их градиент по z",
    "logit z; the right answer is 1": "логит z; верный ответ 1",
    "Step by step against the gradient, the border bends around the data": (
        "Шаг за шагом против градиента граница огибает данные"
    ),
    "at the start": "в начале",
    "after {n} steps": "после {n} шагов",
    # batchnorm
    "Each feature is brought to one scale, and then to the one it learns": (
        "Каждый признак — к общему масштабу, а затем к выученному"
    ),
    "a batch as it comes": "батч как есть",
    "normalised:\nmean 0, variance 1": "нормирован:\nсреднее 0, дисперсия 1",
    "times C1, plus C2:\nwhere training wants them": (
        "умножить на C1, прибавить C2:\nкак хочет обучение"
    ),
    "feature": "признак",
    "The running averages: ema = 0.5 follows every batch, 0.98 is slow to arrive": (
        "Скользящие средние: ema = 0.5 дёргается за батчами, 0.98 доходит медленно"
    ),
    "dots: each batch\ndashed: expected": "точки: батчи\nпунктир: ожидаемое",
    "batches seen": "сколько батчей прошло",
    "running mean": "скользящее среднее",
    "running variance": "скользящая дисперсия",
    # conv
    "The mask slides over the image: multiply what it covers, add up": (
        "Маска скользит по изображению: перемножить то, что под ней, и сложить"
    ),
    "mask": "маска",
    "result, 2 × 4": "итог, 2 × 4",
    "A mask finds what looks like itself": ("Маска находит в цифре то, на что похожа сама"),
    "the digit, 28 × 28": "цифра, 28 × 28",
    "blue: the mask fits": "синее: маска подходит",
    "red: its opposite fits": "красное: обратная",
    "pale: neither": "бледное: ни та, ни другая",
    "slanted edges": "косые края",
    "lower edges": "нижние края",
    "spots": "пятна",
    "left edges": "левые края",
    "upper edges": "верхние края",
    "upright lines": "вертикали",
    "level lines": "горизонтали",
    "Padding keeps the size, a stride divides it": "Дополнение сохраняет размер, шаг делит его",
    "input\n28 × 28": "вход\n28 × 28",
    "stride {stride}, padding {padding}": "шаг {stride}, дополнение {padding}",
    # dropout
    "p = 0.5: half is dropped, the rest doubled, and the average stays": (
        "p = 0.5: половина отброшена, остальное удвоено, среднее то же"
    ),
    "outputs of a layer": "выходы слоя",
    "training, one step": "обучение, шаг",
    "training, the next step": "следующий шаг",
    "average of {count} steps": "среднее {count} шагов",
    "in use (train=False)": "применение",
    "8 examples": "8 примеров",
    "12 neurons": "12 нейронов",
    "With dropout, 201 parameters do not learn 24 points by heart": (
        "С прореживанием 201 параметр не заучивает 24 точки"
    ),
    "without dropout": "без прореживания",
    "with dropout, p = 0.5": "с прореживанием, p = 0.5",
    # init
    "Weights that start alike stay alike": "Одинаковые веса остаются одинаковыми",
    "weight from input 1\nto each hidden neuron": "вес от входа 1\nк каждому скрытому нейрону",
    "all start at 0.5:\nfour neurons, one line": "все начинают с 0.5:\nчетыре нейрона, одна линия",
    "random start:\neach goes its own way": "случайное начало:\nкаждый идёт своим путём",
    "loss on XOR:\none neuron is too few": "потери на XOR:\nодного нейрона мало",
    "all alike": "одинаковые",
    "random": "случайные",
    "Too small and the signal dies; the right size carries it to the end": (
        "Слишком малые веса гасят сигнал, верные доносят его до конца"
    ),
    "zeros": "нули",
    "small: normal, 0.01": "малые: N(0, 0.01²)",
    "He (Kaiming)": "He (Kaiming)",
    "spread at the end: {std}": "разброс в конце: {std}",
    "outputs of neurons, {activation}": "выходы нейронов, {activation}",
    # lenet
    "LeNet-5 after {epochs} epochs on {images} digits: {share:.0%} of new ones read right": (
        "LeNet-5 после {epochs}-й эпохи на {images} цифрах: новых верно прочитано {share:.0%}"
    ),
    "share that is read wrong": "доля прочитанных неверно",
    "training loss": "потери при обучении",
    "training digits": "обучающие",
    "new digits": "новые",
    "read as": "прочитана как",
    "the digit is": "на самом деле",
    "{wrong} of {all} new digits are read wrong": "неверно прочитано {wrong} из {all} новых цифр",
    "What the layers see: strokes at first, then parts, then a digit": (
        "Что видят слои: сначала штрихи, потом части, потом цифру"
    ),
    "image\n28 × 28": "изображение\n28 × 28",
    "6 masks\n5 × 5": "6 масок\n5 × 5",
    "maps\n28 × 28": "карты\n28 × 28",
    "pooled\n14 × 14": "пулинг\n14 × 14",
    "16 maps\n10 × 10": "16 карт\n10 × 10",
    "pooled\n5 × 5": "пулинг\n5 × 5",
    "probability\nof each digit": "вероятность\nкаждой цифры",
    # optimizers
    "A valley 30 times as steep across as along: six ways to the same lowest point": (
        "Поперёк долина в 30 раз круче, чем вдоль: шесть путей на дно"
    ),
    "the same walks: the loss after each step": "те же пути: потери после каждого шага",
    "Gradient descent": "Градиентный спуск",
    "Momentum": "Импульс",
    "Nesterov": "Ускорение Нестерова",
    "Adam (board)": "Adam (с доски)",
    "One learning rate: too small, it creeps; too large, it flies off": (
        "Скорость обучения: малая — ползёт, большая — разлетается"
    ),
    "too small": "мала",
    "good": "хороша",
    "too large": "велика",
    # pool
    "Each window leaves one number": "От каждого окна остаётся одно число",
    "input, windows 2 × 2": "вход, окна 2 × 2",
    "the largest": "наибольшее",
    "the average": "среднее",
    "the smallest": "наименьшее",
    "Max-pooling keeps thin strokes, the average blurs them, the minimum loses them": (
        "Максимум сохраняет тонкие штрихи, среднее размывает, минимум теряет"
    ),
    "the digit": "цифра",
    "window {window}, stride {stride}": "окно {window}, шаг {stride}",
    "max": "максимум",
    "min": "минимум",
    # standardize
    "Centring and scaling make the valley round": (
        "Центрирование и масштабирование делают долину круглой"
    ),
    "raw": "как есть",
    "centred": "центрированы",
    "centred and scaled": "и масштабированы",
    "feature 1": "признак 1",
    "feature 2": "признак 2",
    "+ mean": "+ среднее",
    "{times:.3g} times as steep\nacross as along": "поперёк круче, чем вдоль,\nв {times:.3g} раза",
    "Inputs of one sign push all weights one way": (
        "Входы одного знака толкают все веса в одну сторону"
    ),
    "all inputs positive:\nboth up or both down": "все входы положительны:\nоба вверх или оба вниз",
    "centred:\nany direction": "центрированы:\nлюбое направление",
    "push on w₁": "толчок w₁",
    "push on w₂": "толчок w₂",
    "no push\ninto here": "сюда\nникогда",
    "to the goal:\n{steps} steps": "до цели\nшагов: {steps}",
    # weight_decay
    "Learning curves tell whether there are too few or too many parameters": (
        "Кривые обучения говорят, мало ли параметров или много"
    ),
    "{count} parameters": "параметров: {count}",
    "underfitting: both stay high": "недообучение: обе высоко",
    "as it should be: both low": "как надо: обе низко",
    "overfitting: the gap grows": "переобучение: разрыв растёт",
    "noise of the data": "шум данных",
    "Three remedies for a model with too many parameters": ("Три средства от лишних параметров"),
    "no remedy": "без средств",
    "early stopping": "ранняя остановка",
    "L2: no large weights": "L2: веса малы",
    "L1: few weights": "L1: мало весов",
    "weights": "веса",
    "number of the weight": "номер веса",
    "largest {size:.1f}": "наибольший {size:.1f}",
    "near 0: {share:.0%}": "около 0: {share:.0%}",
    "best epoch": "лучшая эпоха",
    "not\ntrained": "сюда не\nдоходит",
}
