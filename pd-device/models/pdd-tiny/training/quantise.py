"""Makes a Q4_0 of the Q8_0 file with llama.cpp's own quantiser: quantise.py FOLDER-OF-LIBRARIES IN.gguf OUT.gguf

The folder is `llama` beside a built `pdd`. For `pdd eval refinement --model OUT.gguf --cloud-model IN.gguf`.
"""
import ctypes, glob, sys

folder, source, target = sys.argv[1:]
load = lambda name: ctypes.CDLL(sorted(glob.glob(f'{folder}/{name}.*so*') + glob.glob(f'{folder}/{name}.so*'))[0], mode=ctypes.RTLD_GLOBAL)
load('libggml-base'); ggml = load('libggml'); llama = load('libllama')
ggml.ggml_backend_load_all_from_path(folder.encode())


class Params(ctypes.Structure):  # the first fields of llama_model_quantize_params; the rest stays as the library sets it
    _fields_ = [('threads', ctypes.c_int32), ('type', ctypes.c_int32), ('output', ctypes.c_int32), ('embedding', ctypes.c_int32),
                ('requantise', ctypes.c_bool), ('quantise_output', ctypes.c_bool), ('rest', ctypes.c_ubyte * 238)]


llama.llama_model_quantize_default_params.restype = Params
params = llama.llama_model_quantize_default_params()
params.threads, params.type, params.requantise = 1, 2, True  # LLAMA_FTYPE_MOSTLY_Q4_0
sys.exit(llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)))
