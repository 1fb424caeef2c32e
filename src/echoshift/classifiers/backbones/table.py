"""Table of the pretrained networks: name, smallest input, preprocessing, and Keras's file of ImageNet weights.

Plain data. Imports neither TensorFlow nor NumPy, because planning the workflow imports this module. A test compares it with Keras.
"""

from dataclasses import dataclass

Channels = float | tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """What a network's input is: (pixel - centre) / scale, for pixels 0..255.

    Attributes
    ----------
    centre, scale : float, or a tuple of one for each channel
    bgr : bool
        Whether the channels are blue, green, red. Makes no difference to grey images, except for the order of `centre`.
    """

    centre: Channels
    scale: Channels
    bgr: bool = False


INCLUDED = None
"""The network has its preprocessing as its first layers."""
_LITE = Preprocessing(127.0, 128.0)
_TF = Preprocessing(127.5, 127.5)
_TORCH = Preprocessing(
    (255 * 0.485, 255 * 0.456, 255 * 0.406),
    (255 * 0.229, 255 * 0.224, 255 * 0.225),
)
_CAFFE = Preprocessing((103.939, 116.779, 123.68), 1.0, bgr=True)


@dataclass(frozen=True)
class Network:
    """One pretrained network.

    Attributes
    ----------
    keras : str or None
        Name in `keras.applications`. None for a network that EchoShift builds, with the weights of a package.
    preprocessing : Preprocessing or None
        None if it is included in the network.
    file : str
        Name of Keras's file of ImageNet weights without the last layer, in its folder of downloads.
        `*` stands for an input size that Keras chooses.
    digest : str or None
        Sum of that file by which Keras checks it. None if Keras does not check it.
    smallest : int
        Smallest input (pixels) for which the output is not empty after all strides.
    blocks : int or None
        Number of blocks that can be trained, if the network's blocks have names.
    """

    keras: str | None
    preprocessing: Preprocessing | None
    file: str = ""
    digest: str | None = None
    smallest: int = 32
    blocks: int | None = None


_KERNELS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"

NETWORKS = {
    "efficientnet_lite2": Network(None, _LITE, blocks=23),
    "efficientnet_lite0": Network(None, _LITE, blocks=18),
    "inception_resnet_v2": Network(
        "InceptionResNetV2", _TF, f"inception_resnet_v2{_KERNELS}", "md5:d19885ff4a710c122648d3b5c3b684e4", 75, 43
    ),
    "convnext_tiny": Network(
        "ConvNeXtTiny",
        INCLUDED,
        "convnext_tiny_notop.h5",
        "sha256:d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    "convnext_small": Network(
        "ConvNeXtSmall",
        INCLUDED,
        "convnext_small_notop.h5",
        "sha256:6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
    "convnext_base": Network(
        "ConvNeXtBase",
        INCLUDED,
        "convnext_base_notop.h5",
        "sha256:40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
    "convnext_large": Network(
        "ConvNeXtLarge",
        INCLUDED,
        "convnext_large_notop.h5",
        "sha256:96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
    "convnext_xlarge": Network(
        "ConvNeXtXLarge",
        INCLUDED,
        "convnext_xlarge_notop.h5",
        "sha256:de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
    "densenet121": Network("DenseNet121", _TORCH, f"densenet121{_KERNELS}", "md5:30ee3e1110167f948a6b9946edeeb738"),
    "densenet169": Network("DenseNet169", _TORCH, f"densenet169{_KERNELS}", "md5:b8c4d4c20dd625c148057b9ff1c1176b"),
    "densenet201": Network("DenseNet201", _TORCH, f"densenet201{_KERNELS}", "md5:c13680b51ded0fb44dff2d8f86ac8bb1"),
    "efficientnet_b0": Network(
        "EfficientNetB0", INCLUDED, "efficientnetb0_notop.h5", "md5:50bc09e76180e00e4465e1a485ddc09d"
    ),
    "efficientnet_b1": Network(
        "EfficientNetB1", INCLUDED, "efficientnetb1_notop.h5", "md5:74c4e6b3e1f6a1eea24c589628592432"
    ),
    "efficientnet_b2": Network(
        "EfficientNetB2", INCLUDED, "efficientnetb2_notop.h5", "md5:111f8e2ac8aa800a7a99e3239f7bfb39"
    ),
    "efficientnet_b3": Network(
        "EfficientNetB3", INCLUDED, "efficientnetb3_notop.h5", "md5:af6d107764bb5b1abb91932881670226"
    ),
    "efficientnet_b4": Network(
        "EfficientNetB4", INCLUDED, "efficientnetb4_notop.h5", "md5:ebc24e6d6c33eaebbd558eafbeedf1ba"
    ),
    "efficientnet_b5": Network(
        "EfficientNetB5", INCLUDED, "efficientnetb5_notop.h5", "md5:38879255a25d3c92d5e44e04ae6cec6f"
    ),
    "efficientnet_b6": Network(
        "EfficientNetB6", INCLUDED, "efficientnetb6_notop.h5", "md5:9ecce42647a20130c1f39a5d4cb75743"
    ),
    "efficientnet_b7": Network(
        "EfficientNetB7", INCLUDED, "efficientnetb7_notop.h5", "md5:cbcfe4450ddf6f3ad90b1b398090fe4a"
    ),
    "efficientnet_v2_b0": Network(
        "EfficientNetV2B0", INCLUDED, "efficientnetv2-b0_notop.h5", "md5:893217f2bb855e2983157299931e43ff"
    ),
    "efficientnet_v2_b1": Network(
        "EfficientNetV2B1", INCLUDED, "efficientnetv2-b1_notop.h5", "md5:0e80663031ca32d657f9caa404b6ec37"
    ),
    "efficientnet_v2_b2": Network(
        "EfficientNetV2B2", INCLUDED, "efficientnetv2-b2_notop.h5", "md5:1dfe2e7a5d45b6632553a8961ea609eb"
    ),
    "efficientnet_v2_b3": Network(
        "EfficientNetV2B3", INCLUDED, "efficientnetv2-b3_notop.h5", "md5:f6abf7b5849ac99a89b50dd3fd532856"
    ),
    "efficientnet_v2_s": Network(
        "EfficientNetV2S", INCLUDED, "efficientnetv2-s_notop.h5", "md5:af0682fb74e8c54910f2d4393339c070"
    ),
    "efficientnet_v2_m": Network(
        "EfficientNetV2M", INCLUDED, "efficientnetv2-m_notop.h5", "md5:1b8dc055df72dde80d614482840fe342"
    ),
    "efficientnet_v2_l": Network(
        "EfficientNetV2L", INCLUDED, "efficientnetv2-l_notop.h5", "md5:b0b66b5c863aef5b46e8608fe1711615"
    ),
    "inception_v3": Network("InceptionV3", _TF, f"inception_v3{_KERNELS}", "md5:bcbd6486424b2319ff4ef7d526e38f63", 75),
    "mobilenet": Network("MobileNet", _TF, "mobilenet_1_0_*_tf_no_top.h5"),
    "mobilenet_v2": Network("MobileNetV2", _TF, "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_*_no_top.h5"),
    "mobilenet_v3_small": Network(
        "MobileNetV3Small",
        INCLUDED,
        "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "md5:d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "mobilenet_v3_large": Network(
        "MobileNetV3Large",
        INCLUDED,
        "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        "md5:07fb09a5933dd0c8eaafa16978110389",
    ),
    "nasnet_mobile": Network("NASNetMobile", _TF, "nasnet_mobile_no_top.h5", "md5:1ed92395b5b598bdda52abe5c0dbfd63"),
    "nasnet_large": Network("NASNetLarge", _TF, "nasnet_large_no_top.h5", "md5:d81d89dc07e6e56530c4e77faddd61b5"),
    "resnet50": Network("ResNet50", _CAFFE, f"resnet50{_KERNELS}", "md5:4d473c1dd8becc155b73f8504c6f6626"),
    "resnet101": Network("ResNet101", _CAFFE, f"resnet101{_KERNELS}", "md5:88cf7a10940856eca736dc7b7e228a21"),
    "resnet152": Network("ResNet152", _CAFFE, f"resnet152{_KERNELS}", "md5:ee4c566cf9a93f14d82f913c2dc6dd0c"),
    "resnet50_v2": Network("ResNet50V2", _TF, f"resnet50v2{_KERNELS}", "md5:fac2f116257151a9d068a22e544a4917"),
    "resnet101_v2": Network("ResNet101V2", _TF, f"resnet101v2{_KERNELS}", "md5:c0ed64b8031c3730f411d2eb4eea35b5"),
    "resnet152_v2": Network("ResNet152V2", _TF, f"resnet152v2{_KERNELS}", "md5:ed17cf2e0169df9d443503ef94b23b33"),
    "vgg16": Network("VGG16", _CAFFE, f"vgg16{_KERNELS}", "md5:6d6bbae143d832006294945121d1f1fc"),
    "vgg19": Network("VGG19", _CAFFE, f"vgg19{_KERNELS}", "md5:253f8cb515780f3b799900260a226db6"),
    "xception": Network("Xception", _TF, f"xception{_KERNELS}", "md5:b0042744bf5b25fce3cb969f33bebb97", 71),
}
"""The networks by the name that the configuration uses. Most of them are `keras.applications`."""
