"""Names, shapes and dtypes of the checkpoints that MiniGPT-4 for Paddle is merged from (docs/spec/reference_pipeline.md C.2, D.5, E.3)."""
import collections

from tensor_values import Tensor

# Extents of the three models. `image_positions` counts patches and the class embedding; `t5_hidden_size` is of the language model that
# BLIP-2's own checkpoint carries and no merge uses, one block of it.
Sizes = collections.namedtuple(
    "Sizes",
    "hidden_size intermediate_size layers heads vocabulary vision_hidden_size vision_intermediate_size vision_layers image_positions "
    "qformer_hidden_size qformer_intermediate_size qformer_layers query_tokens t5_hidden_size")

Dtypes = collections.namedtuple("Dtypes", "vicuna vision qformer")


class _StateDict:
    """Tensors in order, with the names that Paddle gives them: a kind and a number."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.tensors = []
        self._counts = collections.Counter()

    def add(self, name, shape, tensor_name):
        self.tensors.append(Tensor(name, self.dtype, shape, tensor_name))

    def next_name(self, kind):
        self._counts[kind] += 1
        return f"{kind}_{self._counts[kind] - 1}"

    def linear(self, name, rows, columns, bias_name=None):
        kind = self.next_name("linear")
        self.add(f"{name}.weight", (rows, columns), f"{kind}.w_0")
        self.add(f"{name}.bias", (columns,), bias_name or f"{kind}.b_0")

    def matrix(self, name, rows, columns, kind="linear"):
        self.add(f"{name}.weight", (rows, columns), self.next_name(kind) + ".w_0")

    def layer_norm(self, name, size):
        kind = self.next_name("layer_norm")
        self.add(f"{name}.weight", (size,), f"{kind}.w_0")
        self.add(f"{name}.bias", (size,), f"{kind}.b_0")

    def t5_layer_norm(self, name, size):
        self.add(f"{name}.weight", (size,), self.next_name("t5_layer_norm") + ".w_0")

    def tied(self, name, shape):
        """A parameter that was met before under another name."""
        self.add(f"{name}.weight", shape, f"generated_tensor_{len(self.tensors)}")


def blip2_tensors(sizes, dtypes):
    """BLIP-2 as PaddleNLP saves it."""
    state = _StateDict(dtypes.qformer)
    state.add("query_tokens", (1, sizes.query_tokens, sizes.qformer_hidden_size), f"create_parameter_{2 + 3 * sizes.vision_layers}.w_0")
    state.dtype = dtypes.vision
    _add_vision_model(state, sizes)
    state.dtype = dtypes.qformer
    _add_qformer(state, sizes)
    state.linear("language_projection", sizes.qformer_hidden_size, sizes.t5_hidden_size)
    _add_t5(state, sizes.t5_hidden_size)
    return state.tensors


def _add_vision_model(state, sizes):
    hidden = sizes.vision_hidden_size
    state.add("vision_model.embeddings.class_embedding", (1, 1, hidden), "create_parameter_0.w_0")
    state.add("vision_model.embeddings.position_embedding", (1, sizes.image_positions, hidden), "create_parameter_1.w_0")
    state.add("vision_model.embeddings.patch_embedding.weight", (hidden, 3, 14, 14), "conv2d_0.w_0")
    state.add("vision_model.embeddings.patch_embedding.bias", (hidden,), "conv2d_0.b_0")
    for i in range(sizes.vision_layers):
        layer = f"vision_model.encoder.layers.{i}"
        # Each layer makes three parameters for this bias, of which the last is kept.
        state.linear(f"{layer}.self_attn.qkv", hidden, 3 * hidden, bias_name=f"create_parameter_{4 + 3 * i}.w_0")
        state.linear(f"{layer}.self_attn.projection", hidden, hidden)
        state.layer_norm(f"{layer}.layer_norm1", hidden)
        state.linear(f"{layer}.mlp.fc1", hidden, sizes.vision_intermediate_size)
        state.linear(f"{layer}.mlp.fc2", sizes.vision_intermediate_size, hidden)
        state.layer_norm(f"{layer}.layer_norm2", hidden)
    state.layer_norm("vision_model.post_layernorm", hidden)


def _add_qformer(state, sizes):
    hidden = sizes.qformer_hidden_size
    state.layer_norm("qformer.layernorm", hidden)
    for i in range(sizes.qformer_layers):
        layer = f"qformer.encoder.layer.{i}"
        for attention in ["attention", "crossattention"] if i % 2 == 0 else ["attention"]:
            encoder = hidden if attention == "attention" else sizes.vision_hidden_size
            state.linear(f"{layer}.{attention}.attention.query", hidden, hidden)
            state.linear(f"{layer}.{attention}.attention.key", encoder, hidden)
            state.linear(f"{layer}.{attention}.attention.value", encoder, hidden)
            state.linear(f"{layer}.{attention}.output.dense", hidden, hidden)
            state.layer_norm(f"{layer}.{attention}.output.LayerNorm", hidden)
        state.linear(f"{layer}.intermediate_query.dense", hidden, sizes.qformer_intermediate_size)
        state.linear(f"{layer}.output_query.dense", sizes.qformer_intermediate_size, hidden)
        state.layer_norm(f"{layer}.output_query.LayerNorm", hidden)


def _add_t5(state, hidden):
    state.matrix("language_model.t5.shared", 2 * hidden, hidden, kind="embedding")
    for stack, attentions in [("encoder", ["SelfAttention"]), ("decoder", ["SelfAttention", "EncDecAttention"])]:
        prefix = f"language_model.t5.{stack}"
        state.tied(f"{prefix}.embed_tokens", (2 * hidden, hidden))
        for i, attention in enumerate(attentions):
            for part in "qkvo":
                state.matrix(f"{prefix}.block.0.layer.{i}.{attention}.{part}", hidden, hidden)
            if i == 0:
                state.matrix(f"{prefix}.block.0.layer.0.SelfAttention.relative_attention_bias", 32, 4, kind="embedding")
            state.t5_layer_norm(f"{prefix}.block.0.layer.{i}.layer_norm", hidden)
        feed_forward = f"{prefix}.block.0.layer.{len(attentions)}"
        state.matrix(f"{feed_forward}.DenseReluDense.wi", hidden, 2 * hidden)
        state.matrix(f"{feed_forward}.DenseReluDense.wo", 2 * hidden, hidden)
        state.t5_layer_norm(f"{feed_forward}.layer_norm", hidden)
        state.t5_layer_norm(f"{prefix}.final_layer_norm", hidden)


def _inv_freq(prefix, sizes):
    return Tensor(f"{prefix}.self_attn.rotary_emb.inv_freq", "float32", (sizes.hidden_size // sizes.heads // 2,))


def vicuna_tensors(sizes, dtypes):
    """LLaMA or Vicuna as transformers 4.28 saves it: matrices are [out, in]; the rotary frequencies are float32 whatever the rest is."""
    hidden, intermediate = sizes.hidden_size, sizes.intermediate_size

    def weight(name, *shape):
        return Tensor(f"{name}.weight", dtypes.vicuna, shape)

    tensors = [weight("model.embed_tokens", sizes.vocabulary, hidden)]
    for i in range(sizes.layers):
        layer = f"model.layers.{i}"
        tensors += [weight(f"{layer}.self_attn.{part}_proj", hidden, hidden) for part in "qkvo"]
        tensors += [
            _inv_freq(layer, sizes),
            weight(f"{layer}.mlp.gate_proj", intermediate, hidden),
            weight(f"{layer}.mlp.down_proj", hidden, intermediate),
            weight(f"{layer}.mlp.up_proj", intermediate, hidden),
            weight(f"{layer}.input_layernorm", hidden),
            weight(f"{layer}.post_attention_layernorm", hidden),
        ]
    return tensors + [weight("model.norm", hidden), weight("lm_head", sizes.vocabulary, hidden)]


def vicuna_modules(sizes):
    """The modules that Vicuna is made of, outermost first; "" is itself."""
    modules = ["", "model", "model.embed_tokens", "model.layers"]
    for i in range(sizes.layers):
        layer = f"model.layers.{i}"
        modules += [layer, f"{layer}.self_attn"]
        modules += [f"{layer}.self_attn.{part}" for part in ["q_proj", "k_proj", "v_proj", "o_proj", "rotary_emb"]]
        modules += [f"{layer}.mlp"] + [f"{layer}.mlp.{part}" for part in ["gate_proj", "down_proj", "up_proj", "act_fn"]]
        modules += [f"{layer}.input_layernorm", f"{layer}.post_attention_layernorm"]
    return modules + ["model.norm", "lm_head"]


def llama_config(sizes):
    """What LLaMA's config.json says."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": 0,
        "eos_token_id": 1,
        "hidden_act": "silu",
        "hidden_size": sizes.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": sizes.intermediate_size,
        "max_position_embeddings": 2048,
        "max_sequence_length": 2048,
        "model_type": "llama",
        "num_attention_heads": sizes.heads,
        "num_hidden_layers": sizes.layers,
        "pad_token_id": -1,
        "rms_norm_eps": 1e-06,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "transformers_version": "4.28.0",
        "use_cache": True,
        "vocab_size": sizes.vocabulary,
    }


def vicuna_config(sizes):
    """What Vicuna's config.json says. Its torch_dtype is what the weights are cast to, whatever they are stored as."""
    return {"_name_or_path": "llama", **llama_config(sizes)}


def generation_config(sizes):
    """What LLaMA's generation_config.json says."""
    config = llama_config(sizes)
    return {"_from_model_config": True, **{key: config[key] for key in ["bos_token_id", "eos_token_id", "pad_token_id", "transformers_version"]}}


def minigpt4_checkpoint(sizes):
    """What MiniGPT-4's trainer saves: the parameters that it trained, every buffer, and its own state."""
    weight = ("float32", (sizes.hidden_size, sizes.qformer_hidden_size))
    bias = ("float32", (sizes.hidden_size,))
    model = [Tensor("Qformer.bert.embeddings.position_ids", "int64", (1, 512))]
    model += [_inv_freq(f"llama_model.model.layers.{i}", sizes) for i in range(sizes.layers)]
    model += [Tensor("llama_proj.weight", *weight), Tensor("llama_proj.bias", *bias)]

    def moments(parameter, spec):
        return {
            "step": Tensor(f"optimizer.{parameter}.step", "float32", ()),
            "exp_avg": Tensor(f"optimizer.{parameter}.exp_avg", *spec),
            "exp_avg_sq": Tensor(f"optimizer.{parameter}.exp_avg_sq", *spec),
        }

    group = {"lr": 1e-4, "betas": (0.9, 0.98), "eps": 1e-8, "weight_decay": 0.05, "amsgrad": False, "params": [0, 1]}
    return {
        "model": {tensor.name: tensor for tensor in model},
        "optimizer": {"state": {0: moments(0, weight), 1: moments(1, bias)}, "param_groups": [group]},
        "config": {
            "model": {"arch": "mini_gpt4", "image_size": 224, "freeze_vit": True},
            "run": {"task": "image_text_pretrain", "lr": None, "train_splits": ["train"]},
        },
        "scaler": {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000, "_growth_tracker": 7},
        "epoch": 3,
    }
