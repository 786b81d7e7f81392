package emssync.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.CodecDataConverter;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.converter.DataConverterException;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.payload.codec.PayloadCodec;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts payloads as the workers do if {@code TEMPORAL_CODEC_KEY} is set: AES-256-GCM with nonce, ciphertext and tag,
 * bound to the key's id. The first key encodes, all of them decode.
 */
final class EncryptionCodec implements PayloadCodec {

  private static final String ENCODING_KEY = "encoding";
  private static final ByteString ENCODING = ByteString.copyFromUtf8("binary/encrypted");
  private static final String KEY_ID = "encryption-key-id";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;
  private static final int KEY_BYTES = 32;

  private final Map<String, SecretKeySpec> keys;
  private final String first;
  private final SecureRandom random = new SecureRandom();

  private EncryptionCodec(Map<String, SecretKeySpec> keys) {
    this.keys = keys;
    this.first = keys.keySet().iterator().next();
  }

  /**
   * @param text {@code ID:KEY,ID:KEY}, or null: readable JSON
   * @throws EmsSyncException.BadArgument if it has another form
   */
  static DataConverter dataConverter(String text) {
    DataConverter json = DefaultDataConverter.newDefaultInstance();
    return text == null ? json : new CodecDataConverter(json, List.of(of(text)), true);
  }

  /** @throws EmsSyncException.BadArgument if it has another form than {@code ID:KEY,ID:KEY} */
  static EncryptionCodec of(String text) {
    Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
    for (String one : text.split(",", -1)) {
      String[] parts = one.trim().split(":", -1);
      boolean isNamed = parts.length == 2 && parts[0].matches("[A-Za-z0-9_-]{1,32}");
      byte[] key = isNamed ? keyIn(parts[1]) : null;
      if (key == null || keys.put(parts[0], new SecretKeySpec(key, "AES")) != null)
        throw new EmsSyncException.BadArgument(
            "codecKey (TEMPORAL_CODEC_KEY) must be ID:KEY with 32 bytes in base64, several with commas between, each with another id");
    }
    return new EncryptionCodec(keys);
  }

  private static byte[] keyIn(String base64) {
    try {
      byte[] key = Base64.getDecoder().decode(base64);
      return key.length == KEY_BYTES ? key : null;
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }

  @Override
  public List<Payload> encode(List<Payload> payloads) {
    return payloads.stream().map(this::encode).toList();
  }

  @Override
  public List<Payload> decode(List<Payload> payloads) {
    return payloads.stream().map(this::decode).toList();
  }

  private Payload encode(Payload payload) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] text = crypt(Cipher.ENCRYPT_MODE, first, nonce, payload.toByteArray());
    return Payload.newBuilder()
        .putMetadata(ENCODING_KEY, ENCODING)
        .putMetadata(KEY_ID, ByteString.copyFromUtf8(first))
        .setData(ByteString.copyFrom(nonce).concat(ByteString.copyFrom(text)))
        .build();
  }

  /** A payload from before encryption was switched on is left as it is. */
  private Payload decode(Payload payload) {
    if (!ENCODING.equals(payload.getMetadataOrDefault(ENCODING_KEY, ByteString.EMPTY))) return payload;
    String id = payload.getMetadataOrDefault(KEY_ID, ByteString.EMPTY).toStringUtf8();
    if (!keys.containsKey(id))
      throw new DataConverterException("A payload was encoded with a key that TEMPORAL_CODEC_KEY does not list");
    byte[] data = payload.getData().toByteArray();
    if (data.length < NONCE_BYTES + TAG_BYTES) throw new DataConverterException("An encoded payload is too short");
    byte[] nonce = Arrays.copyOf(data, NONCE_BYTES);
    try {
      return Payload.parseFrom(
          crypt(Cipher.DECRYPT_MODE, id, nonce, Arrays.copyOfRange(data, NONCE_BYTES, data.length)));
    } catch (InvalidProtocolBufferException error) {
      throw new DataConverterException("An encoded payload contains no payload", error);
    }
  }

  private byte[] crypt(int mode, String id, byte[] nonce, byte[] text) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(mode, keys.get(id), new GCMParameterSpec(TAG_BYTES * 8, nonce));
      cipher.updateAAD(id.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(text);
    } catch (GeneralSecurityException error) {
      throw new DataConverterException("An encoded payload cannot be read with its key", error);
    }
  }
}
