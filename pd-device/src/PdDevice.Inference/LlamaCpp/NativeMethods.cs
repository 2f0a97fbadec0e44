using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>The calls into llama.cpp, one to one. Nobody calls one before <see cref="LlamaLibrary.Load()"/>.</summary>
internal static unsafe partial class NativeMethods
{
    public const string Llama = "llama";
    public const string Ggml = "ggml";
    public const string GgmlBase = "ggml-base";

    [LibraryImport(Ggml, EntryPoint = "ggml_backend_load_all_from_path", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void LoadBackends(string folder);

    [LibraryImport(Ggml, EntryPoint = "ggml_backend_dev_count")]
    public static partial nuint DeviceCount();

    [LibraryImport(GgmlBase, EntryPoint = "ggml_init")]
    public static partial nint TensorsInit(TensorInitParams parameters);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_free")]
    public static partial void TensorsFree(nint tensors);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_tensor_overhead")]
    public static partial nuint TensorOverhead();

    [LibraryImport(GgmlBase, EntryPoint = "ggml_new_tensor_4d")]
    public static partial GgmlTensor* TensorNew(nint tensors, int type, long n0, long n1, long n2, long n3);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_view_4d")]
    public static partial GgmlTensor* TensorView(
        nint tensors, GgmlTensor* source, long n0, long n1, long n2, long n3, nuint stride1, nuint stride2, nuint stride3, nuint offset);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_mul_mat")]
    public static partial GgmlTensor* TensorMultiply(nint tensors, GgmlTensor* a, GgmlTensor* b);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_soft_max_ext")]
    public static partial GgmlTensor* TensorSoftMax(nint tensors, GgmlTensor* a, GgmlTensor* mask, float scale, float maxBias);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_flash_attn_ext")]
    public static partial GgmlTensor* TensorFlashAttention(
        nint tensors, GgmlTensor* q, GgmlTensor* k, GgmlTensor* v, GgmlTensor* mask, float scale, float maxBias, float softCap);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_set_name")]
    public static partial GgmlTensor* TensorSetName(GgmlTensor* tensor, byte* name);

    [LibraryImport(GgmlBase, EntryPoint = "ggml_backend_tensor_get")]
    public static partial void TensorGet(GgmlTensor* tensor, void* target, nuint offset, nuint size);

    [LibraryImport(Llama, EntryPoint = "llama_backend_init")]
    public static partial void BackendInit();

    [LibraryImport(Llama, EntryPoint = "llama_log_set")]
    public static partial void LogSet(delegate* unmanaged[Cdecl]<int, byte*, nint, void> callback, nint userData);

    [LibraryImport(Llama, EntryPoint = "llama_model_default_params")]
    public static partial ModelParams ModelDefaultParams();

    [LibraryImport(Llama, EntryPoint = "llama_context_default_params")]
    public static partial ContextParams ContextDefaultParams();

    [LibraryImport(Llama, EntryPoint = "llama_model_load_from_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ModelLoad(string path, ModelParams parameters);

    [LibraryImport(Llama, EntryPoint = "llama_model_free")]
    public static partial void ModelFree(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_get_vocab")]
    public static partial nint ModelVocabulary(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_n_ctx_train")]
    public static partial int ModelTrainedContext(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_n_swa")]
    public static partial int ModelSlidingWindow(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_rope_type")]
    public static partial int ModelRopeType(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_n_layer")]
    public static partial int ModelLayers(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_n_head")]
    public static partial int ModelHeads(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_has_encoder")]
    public static partial byte ModelHasEncoder(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_has_decoder")]
    public static partial byte ModelHasDecoder(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_is_recurrent")]
    public static partial byte ModelIsRecurrent(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_is_hybrid")]
    public static partial byte ModelIsHybrid(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_is_diffusion")]
    public static partial byte ModelIsDiffusion(nint model);

    [LibraryImport(Llama, EntryPoint = "llama_model_chat_template")]
    public static partial nint ModelChatTemplate(nint model, nint name);

    [LibraryImport(Llama, EntryPoint = "llama_chat_apply_template")]
    public static partial int ChatApplyTemplate(
        byte* template, NativeChatMessage* messages, nuint count, byte addAssistant, byte* buffer, int length);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_type")]
    public static partial int VocabularyType(nint vocabulary);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_n_tokens")]
    public static partial int VocabularySize(nint vocabulary);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_get_text")]
    public static partial byte* VocabularyText(nint vocabulary, int token);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_get_attr")]
    public static partial int VocabularyAttributes(nint vocabulary, int token);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_is_control")]
    public static partial byte VocabularyIsControl(nint vocabulary, int token);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_is_eog")]
    public static partial byte VocabularyIsEndOfGeneration(nint vocabulary, int token);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_bos")]
    public static partial int VocabularyBos(nint vocabulary);

    [LibraryImport(Llama, EntryPoint = "llama_vocab_get_add_bos")]
    public static partial byte VocabularyAddsBos(nint vocabulary);

    [LibraryImport(Llama, EntryPoint = "llama_tokenize")]
    public static partial int Tokenize(
        nint vocabulary, byte* text, int length, int* tokens, int capacity, byte addSpecial, byte parseSpecial);

    [LibraryImport(Llama, EntryPoint = "llama_token_to_piece")]
    public static partial int TokenToPiece(nint vocabulary, int token, byte* buffer, int length, int leftStrip, byte special);

    [LibraryImport(Llama, EntryPoint = "llama_init_from_model")]
    public static partial nint ContextCreate(nint model, ContextParams parameters);

    [LibraryImport(Llama, EntryPoint = "llama_free")]
    public static partial void ContextFree(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_n_ctx_seq")]
    public static partial uint ContextTokensPerSequence(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_decode")]
    public static partial int Decode(nint context, NativeBatch batch);

    [LibraryImport(Llama, EntryPoint = "llama_set_abort_callback")]
    public static partial void SetAbortCallback(nint context, delegate* unmanaged[Cdecl]<nint, byte> callback, nint userData);

    [LibraryImport(Llama, EntryPoint = "llama_get_logits_ith")]
    public static partial float* Logits(nint context, int row);

    [LibraryImport(Llama, EntryPoint = "llama_get_memory")]
    public static partial nint Memory(nint context);

    [LibraryImport(Llama, EntryPoint = "llama_memory_seq_rm")]
    public static partial byte MemoryRemove(nint memory, int sequence, int from, int to);

    [LibraryImport(Llama, EntryPoint = "llama_memory_seq_pos_max")]
    public static partial int MemoryLastPosition(nint memory, int sequence);

    [LibraryImport(Llama, EntryPoint = "llama_state_seq_get_size")]
    public static partial nuint StateSize(nint context, int sequence);

    [LibraryImport(Llama, EntryPoint = "llama_state_seq_get_data")]
    public static partial nuint StateGet(nint context, byte* target, nuint size, int sequence);

    [LibraryImport(Llama, EntryPoint = "llama_state_seq_set_data")]
    public static partial nuint StateSet(nint context, byte* source, nuint size, int sequence);

    [LibraryImport(Llama, EntryPoint = "llama_sampler_init_grammar", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GrammarCreate(nint vocabulary, string grammar, string root);

    [LibraryImport(Llama, EntryPoint = "llama_sampler_apply")]
    public static partial void SamplerApply(GrammarMask.Handle sampler, NativeTokenDataArray* candidates);

    [LibraryImport(Llama, EntryPoint = "llama_sampler_accept")]
    public static partial void SamplerAccept(GrammarMask.Handle sampler, int token);

    [LibraryImport(Llama, EntryPoint = "llama_sampler_free")]
    public static partial void SamplerFree(nint sampler);
}
